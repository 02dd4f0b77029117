#include <fmt/format.h>

#include "flow/payload_accumulators.h"
#include "schema/columns_cic.h"

namespace flowmeter {
namespace {

using Fields = CicGroup::Fields;

const Fields payload_fields = {"tcp.len", "udp.length"};
const Fields rate_fields = {"frame.time_epoch", "tcp.len", "udp.length"};
const Fields packet_fields = {"frame.protocols"};
const Fields packet_rate_fields = {"frame.time_epoch", "frame.protocols"};

const PayloadState& payloads(const Cell& cell) { return cell.as<PayloadState>(); }

const Payloads& payloads(const Cell& cell, Direction way) { return payloads(cell).of[way]; }

/// Under 2^64: the limbs above would take 2^32 packets of the largest size.
std::uint64_t total(const SizeDistribution& sizes) { return sizes.sum1.limbs[0]; }

std::uint64_t total(const PayloadState& state) {
  return total(state.of[Direction::forward].bytes) + total(state.of[Direction::backward].bytes);
}

std::uint64_t packets(const PayloadState& state) {
  return state.of[Direction::forward].bytes.count + state.of[Direction::backward].bytes.count;
}

double over(std::uint64_t dividend, std::uint64_t divisor) {
  return quotient(static_cast<std::int64_t>(dividend), static_cast<std::int64_t>(divisor));
}

/// Last minus first packet as they came: negative if time ran backwards between them.
std::int64_t duration_ns(const PayloadState& state) { return state.previous_ns - state.start_ns; }

/// Statistics of the payloads that `get` finds in a cell.
template <class Get>
void add_sizes(CicGroup& group, std::string_view name, std::initializer_list<Statistic> statistics,
               std::string_view of, Get get) {
  for (const Statistic statistic : statistics) {
    group.add(fmt::format("{}_{}", name, suffix(statistic)),
              statistic == Statistic::variance ? "byte^2" : "byte",
              fmt::format("{} of {}", phrase(statistic), of), payload_fields, &make_payloads,
              [=](Cell& cell) { write_statistic(cell, statistic, get(cell)); });
  }
}

}  // namespace

void add_totals(CicGroup& group) {
  for (const Side& side : sides) {
    const Direction way = side.way;
    group.add(fmt::format("total_{}_packets", side.prefix), "packet",
              fmt::format("{} packets", side.adjective), packet_fields, &make_payloads,
              [way](Cell& cell) { cell.out.natural(payloads(cell, way).bytes.count); });
  }
  for (const Side& side : sides) {
    const Direction way = side.way;
    group.add(fmt::format("total_length_{}", side.prefix), "byte",
              fmt::format("sum of the {} packets' payloads", side.adjective), payload_fields, &make_payloads,
              [way](Cell& cell) { cell.out.natural(total(payloads(cell, way).bytes)); });
  }
}

void add_lengths(CicGroup& group) {
  for (const Side& side : sides) {
    const Direction way = side.way;
    add_sizes(group, fmt::format("{}_packet_length", side.prefix),
              {Statistic::max, Statistic::min, Statistic::mean, Statistic::std},
              fmt::format("the {} packets' payloads", side.adjective),
              [way](const Cell& cell) -> const SizeDistribution& { return payloads(cell, way).bytes; });
  }
}

void add_rates(CicGroup& group) {
  group.add("flow_bytes_s", "byte/s", "payload bytes a second; 0 for a flow of no duration", rate_fields,
            &make_payloads, [](Cell& cell) {
              const PayloadState& state = payloads(cell);
              cell.out.real(per_second(total(state), duration_ns(state)));
            });
  group.add("flow_packets_s", "1/s", "packets a second; 0 for a flow of no duration", packet_rate_fields,
            &make_payloads, [](Cell& cell) {
              const PayloadState& state = payloads(cell);
              cell.out.real(per_second(packets(state), duration_ns(state)));
            });
}

void add_direction_rates(CicGroup& group) {
  for (const Side& side : sides) {
    const Direction way = side.way;
    group.add(fmt::format("{}_packets_s", side.prefix), "1/s",
              fmt::format("{} packets a second of the flow's duration; 0 for a flow of none", side.adjective),
              packet_rate_fields, &make_payloads, [way](Cell& cell) {
                cell.out.real(per_second(payloads(cell, way).bytes.count, duration_ns(payloads(cell))));
              });
  }
}

void add_flow_lengths(CicGroup& group) {
  add_sizes(group, "packet_length",
            {Statistic::min, Statistic::max, Statistic::mean, Statistic::std, Statistic::variance},
            "the payloads of all packets", [](const Cell& cell) { return payloads(cell).both(); });
}

void add_averages(CicGroup& group) {
  group.add("down_up_ratio", "-", "backward packets for each forward one; 0 without a forward one",
            packet_fields, &make_payloads, [](Cell& cell) {
              cell.out.real(over(payloads(cell, Direction::backward).bytes.count,
                                 payloads(cell, Direction::forward).bytes.count));
            });
  group.add("average_packet_size", "byte", "mean of the payloads of all packets", payload_fields,
            &make_payloads,
            [](Cell& cell) { write_statistic(cell, Statistic::mean, payloads(cell).both()); });
  for (const Side& side : sides) {
    group.add(
        fmt::format("{}_segment_size_avg", side.prefix), "byte",
        fmt::format("mean of the {} packets' payloads", side.adjective), payload_fields, &make_payloads,
        [way = side.way](Cell& cell) { write_statistic(cell, Statistic::mean, payloads(cell, way).bytes); });
  }
}

void add_bulks(CicGroup& group) {
  for (const Side& side : sides) {
    const Direction way = side.way;
    const std::string rule =
        fmt::format("{} bulk (4 or more payload packets in a row, with gaps of at most 1 s)", side.adjective);
    group.add(fmt::format("{}_bytes_bulk_avg", side.prefix), "byte",
              fmt::format("payload bytes for each {}", rule), rate_fields, &make_bulks, [way](Cell& cell) {
                const Bulks bulks = cell.as<BulkState>().bulks(way);
                cell.out.real(over(bulks.bytes, bulks.count));
              });
    group.add(fmt::format("{}_packet_bulk_avg", side.prefix), "packet",
              fmt::format("packets for each {} bulk", side.adjective), rate_fields, &make_bulks,
              [way](Cell& cell) {
                const Bulks bulks = cell.as<BulkState>().bulks(way);
                cell.out.real(over(bulks.packets, bulks.count));
              });
    group.add(fmt::format("{}_bulk_rate_avg", side.prefix), "byte/s",
              fmt::format("payload bytes of the {} bulks a second of their duration", side.adjective),
              rate_fields, &make_bulks, [way](Cell& cell) {
                const Bulks bulks = cell.as<BulkState>().bulks(way);
                cell.out.real(per_second(bulks.bytes, bulks.duration_ns));
              });
  }
}

void add_subflows(CicGroup& group) {
  for (const Side& side : sides) {
    const Direction way = side.way;
    group.add(
        fmt::format("subflow_{}_packets", side.prefix), "packet",
        fmt::format("{} packets for each subflow (a gap of more than 1 s begins the next)", side.adjective),
        packet_rate_fields, &make_payloads,
        [way](Cell& cell) { cell.out.real(over(payloads(cell, way).bytes.count, payloads(cell).subflows)); });
    group.add(fmt::format("subflow_{}_bytes", side.prefix), "byte",
              fmt::format("{} payload bytes for each subflow", side.adjective), rate_fields, &make_payloads,
              [way](Cell& cell) {
                cell.out.real(over(total(payloads(cell, way).bytes), payloads(cell).subflows));
              });
  }
}

void add_forward_data_packets(CicGroup& group) {
  group.add("fwd_act_data_pkts", "packet", "forward packets with payload", payload_fields, &make_payloads,
            [](Cell& cell) { cell.out.natural(payloads(cell, Direction::forward).data_packets); });
}

}  // namespace flowmeter
