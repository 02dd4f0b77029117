#include "schema/columns_cic.h"

#include <array>

#include "base/utc.h"
#include "flow/accumulators.h"
#include "flow/activity_accumulators.h"
#include "flow/header_accumulators.h"

// CICFlowMeter's features in its order, under its names in snake case, as it describes them rather than as
// it computes them: "length" is the transport's payload, times are microseconds, spreads are a sample's.

namespace flowmeter {
namespace {

const CicGroup::Fields time_fields = {"frame.time_epoch"};
const CicGroup::Fields flag_fields = {"tcp.flags"};

std::uint64_t flag_count(const Cell& cell, Direction way, unsigned bit) {
  return cell.as<FlagState>()[way][bit].value();
}

void add_identity(CicGroup& group) {
  group.add(
      "flow_id", "-", "source, destination, their ports and the protocol number, with - between",
      {"ip.src", "ip.dst", "ipv6.src", "ipv6.dst", "tcp.srcport", "tcp.dstport", "udp.srcport", "udp.dstport",
       "frame.protocols"},
      nullptr,
      [](Cell& cell) {
        const Endpoint source = cell.source(), destination = cell.destination();
        cell.out.text(fmt::format("{}-{}-{}-{}-{}", to_string(source.address), to_string(destination.address),
                                  source.port, destination.port,
                                  static_cast<unsigned>(cell.flow.key.transport)));
      },
      true, ValueKind::text);
  group.add(
      "timestamp", "-", "time of the first packet, in UTC (--time-digits)", time_fields, &make_start,
      [](Cell& cell) { cell.out.text(utc_text(cell.as<StartState>().ns, cell.row.settings.time_digits)); },
      true, ValueKind::text);
  group.add(
      "flow_duration", "us", "time of the last packet less that of the first", time_fields, &make_start,
      [](Cell& cell) { cell.out.real(microseconds(cell.flow.previous_ns - cell.as<StartState>().ns)); });
}

void add_gaps(CicGroup& group) {
  group.add_times("flow_iat", "the gaps between consecutive packets of either direction", &make_flow_gaps,
                  [](const Cell& cell) -> const GapDistribution& { return cell.as<FlowGapState>().gaps; });
  for (const Side& side : sides) {
    const Direction way = side.way;
    const std::string text = fmt::format("the gaps between consecutive {} packets", side.adjective);
    const auto gaps = [way](const Cell& cell) -> const GapDistribution& {
      return cell.as<GapState>().gaps[way];
    };
    group.add(fmt::format("{}_iat_total", side.prefix), "us", fmt::format("sum of {}", text), time_fields,
              &make_gaps, [gaps](Cell& cell) { cell.out.real(microseconds(total_ns(gaps(cell)))); });
    group.add_times(fmt::format("{}_iat", side.prefix), text, &make_gaps, gaps);
  }
}

void add_direction_flags(CicGroup& group) {
  struct Flag {
    const char* name;
    const char* label;
    unsigned bit;
  };
  for (const Flag& flag : {Flag{"psh", "PSH", 3}, Flag{"urg", "URG", 5}}) {
    for (const Side& side : sides) {
      group.add(fmt::format("{}_{}_flags", side.prefix, flag.name), "packet",
                fmt::format("{} packets with the TCP flag {}; 0 for UDP", side.adjective, flag.label),
                flag_fields, &make_flags, [way = side.way, bit = flag.bit](Cell& cell) {
                  cell.out.natural(flag_count(cell, way, bit));
                });
    }
  }
}

void add_header_lengths(CicGroup& group) {
  for (const Side& side : sides) {
    group.add(fmt::format("{}_header_length", side.prefix), "byte",
              fmt::format("sum of the {} packets' TCP or UDP headers", side.adjective),
              {"tcp.hdr_len", "frame.protocols"}, &make_headers,
              [way = side.way](Cell& cell) { cell.out.natural(cell.as<HeaderState>()[way].bytes); });
  }
}

void add_flags(CicGroup& group) {
  constexpr std::array names = {"fin", "syn", "rst", "psh", "ack", "urg", "cwr", "ece"};
  constexpr std::array labels = {"FIN", "SYN", "RST", "PSH", "ACK", "URG", "CWR", "ECE"};
  constexpr std::array bits = {0U, 1U, 2U, 3U, 4U, 5U, 7U, 6U};
  for (std::size_t i = 0; i < names.size(); ++i) {
    group.add(fmt::format("{}_flag_count", names[i]), "packet",
              fmt::format("packets with the TCP flag {}; 0 for UDP", labels[i]), flag_fields, &make_flags,
              [bit = bits[i]](Cell& cell) {
                cell.out.natural(flag_count(cell, Direction::forward, bit) +
                                 flag_count(cell, Direction::backward, bit));
              });
  }
}

void add_first_windows(CicGroup& group) {
  for (const Side& side : sides) {
    group.add(fmt::format("{}_init_win_bytes", side.prefix), "byte",
              fmt::format("window in the first {} packet's header, unscaled; 0 for UDP", side.adjective),
              {"tcp.window_size_value"}, &make_first_windows, [way = side.way](Cell& cell) {
                const auto& window = cell.as<FirstWindowState>()[way];
                if (window) {
                  cell.out.natural(*window);
                } else {
                  cell.none();
                }
              });
  }
}

void add_least_header(CicGroup& group) {
  group.add("fwd_seg_size_min", "byte", "smallest TCP or UDP header of the forward packets",
            {"tcp.hdr_len", "frame.protocols"}, &make_headers, [](Cell& cell) {
              const auto& least = cell.as<HeaderState>()[Direction::forward].least_bytes;
              if (least) {
                cell.out.natural(*least);
              } else {
                cell.none();
              }
            });
}

void add_activity(CicGroup& group) {
  group.add_times("active",
                  "the active periods (packets with gaps of at most 5 s), but for those of no length",
                  &make_activity, [](const Cell& cell) { return cell.as<ActivityState>().active(); });
  group.add_times("idle", "the gaps of more than 5 s, of either direction", &make_activity,
                  [](const Cell& cell) -> const GapDistribution& { return cell.as<ActivityState>().idle; });
}

}  // namespace

std::vector<Column> cic_columns(const FeatureSettings& /*settings*/) {
  CicGroup group;
  add_identity(group);
  add_totals(group);
  add_lengths(group);
  add_rates(group);
  add_gaps(group);
  add_direction_flags(group);
  add_header_lengths(group);
  add_direction_rates(group);
  add_flow_lengths(group);
  add_flags(group);
  add_averages(group);
  add_bulks(group);
  add_subflows(group);
  add_first_windows(group);
  add_forward_data_packets(group);
  add_least_header(group);
  add_activity(group);
  return group.take();
}

}  // namespace flowmeter
