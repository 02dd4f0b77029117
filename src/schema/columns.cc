#include <array>
#include <unordered_map>

#include <fmt/format.h>

#include "flow/accumulators.h"
#include "schema/column.h"

namespace flowmeter {
namespace {

struct Side {
  const char* prefix;
  const char* adjective;
  std::size_t way;  // index into states by direction
};

constexpr std::array sides = {Side{"fwd", "forward", 0}, Side{"bwd", "backward", 1}};

void add_identity(std::vector<Column>& columns) {
  columns.push_back({"duration", "s", "largest minus smallest packet time of the flow",
                     {"frame.time_epoch"}, nullptr, [](Cell& cell) {
                       cell.out.real(seconds(cell.flow.last_ns - cell.flow.first_ns));
                     }});
  columns.push_back({"protocol", "-", "TCP or UDP (UDP-Lite counts as UDP)", {"frame.protocols"},
                     nullptr, [](Cell& cell) {
                       cell.out.text(cell.flow.key.transport == Transport::tcp ? "TCP" : "UDP");
                     }});
  columns.push_back({"src_port", "-", "port that sent the flow's first packet",
                     {"tcp.srcport", "udp.srcport"}, nullptr,
                     [](Cell& cell) { cell.out.natural(cell.flow.source.port); }});
  columns.push_back({"dst_port", "-", "port that the flow's first packet went to",
                     {"tcp.dstport", "udp.dstport"}, nullptr,
                     [](Cell& cell) { cell.out.natural(cell.flow.destination.port); }});
}

void add_totals(std::vector<Column>& columns) {
  for (const Side& side : sides) {
    const std::size_t way = side.way;
    columns.push_back({fmt::format("{}_tot_pkt", side.prefix), "packet",
                       fmt::format("{} packets", side.adjective), {"frame.protocols"}, &make_sizes,
                       [way](Cell& cell) { cell.out.natural(cell.as<SizeState>()[way].count); }});
    columns.push_back({fmt::format("{}_tot_byte", side.prefix), "byte",
                       fmt::format("sum of the sizes of the {} packets on the wire", side.adjective),
                       {"frame.len"}, &make_sizes, [way](Cell& cell) {
                         // Under 2^64: the limbs above would take 2^32 packets of the largest size.
                         cell.out.natural(cell.as<SizeState>()[way].sum1.limbs[0]);
                       }});
  }
}

/// The six statistics of a distribution. `get` finds it in the cell, `extreme` prints a sample.
template <class Get, class Extreme>
void add_statistics(std::vector<Column>& columns, const std::string& prefix, const std::string& unit,
                    const std::string& samples, const std::string& field,
                    AccumulatorFactory accumulator, Get get, Extreme extreme) {
  const auto add = [&](const char* name, const std::string& column_unit, const std::string& what,
                       auto write) {
    columns.push_back({fmt::format("{}_{}", prefix, name), column_unit,
                       fmt::format("{} of {}", what, samples), {field}, accumulator, write});
  };
  add("mean", unit, "mean",
      [get](Cell& cell) { cell.out.real(cell.memo.of(get(cell)).mean); });
  add("std", unit, "population standard deviation",
      [get](Cell& cell) { cell.out.real(cell.memo.of(get(cell)).std); });
  add("skewness", "-", "population skewness m3/m2^1.5",
      [get](Cell& cell) { cell.out.real(cell.memo.of(get(cell)).skewness); });
  add("kurtosis", "-", "excess kurtosis m4/m2^2 - 3",
      [get](Cell& cell) { cell.out.real(cell.memo.of(get(cell)).kurtosis); });
  add("min", unit, "smallest", [get, extreme](Cell& cell) { extreme(cell, get(cell).min); });
  add("max", unit, "largest", [get, extreme](Cell& cell) { extreme(cell, get(cell).max); });
}

void add_sizes(std::vector<Column>& columns) {
  for (const Side& side : sides) {
    const std::size_t way = side.way;
    add_statistics(
        columns, fmt::format("{}_pkt_size", side.prefix), "byte",
        fmt::format("the sizes of the {} packets on the wire", side.adjective), "frame.len",
        &make_sizes,
        [way](const Cell& cell) -> const SizeDistribution& { return cell.as<SizeState>()[way]; },
        [](Cell& cell, std::uint32_t bytes) { cell.out.natural(bytes); });
  }
}

void add_gaps(std::vector<Column>& columns) {
  for (const Side& side : sides) {
    const std::size_t way = side.way;
    add_statistics(
        columns, fmt::format("{}_iat", side.prefix), "s",
        fmt::format("the gaps between consecutive {} packets", side.adjective), "frame.time_epoch",
        &make_gaps,
        [way](const Cell& cell) -> const GapDistribution& { return cell.as<GapState>().gaps[way]; },
        [](Cell& cell, std::int64_t ns) { cell.out.real(seconds(ns)); });
  }
}

void add_flags(std::vector<Column>& columns) {
  struct Flag {
    const char* label;
    const char* name;
    std::size_t bit;
  };
  // PyFlowMeter's labels, in its order; CWE is what RFC 3168 calls CWR.
  constexpr std::array flags = {Flag{"FIN", "FIN", 0}, Flag{"SYN", "SYN", 1}, Flag{"RST", "RST", 2},
                                Flag{"PUSH", "PSH", 3}, Flag{"ACK", "ACK", 4}, Flag{"URG", "URG", 5},
                                Flag{"CWE", "CWR", 7}, Flag{"ECE", "ECE", 6}};
  for (const Side& side : sides) {
    for (const Flag& flag : flags) {
      const std::size_t way = side.way, bit = flag.bit;
      columns.push_back(
          {fmt::format("{}_{}_cnt", side.prefix, flag.label), "packet",
           fmt::format("{} packets with the TCP flag {}; 0 for UDP", side.adjective, flag.name),
           {"tcp.flags"}, &make_flags,
           [way, bit](Cell& cell) { cell.out.natural(cell.as<FlagState>()[way][bit].value()); }});
    }
  }
}

}  // namespace

const std::vector<Column>& column_registry() {
  static const std::vector<Column> columns = [] {
    std::vector<Column> all;
    add_identity(all);
    add_totals(all);
    add_sizes(all);
    add_gaps(all);
    add_flags(all);
    return all;
  }();
  return columns;
}

const Column* find_column(std::string_view name) {
  for (const Column& column : column_registry()) {
    if (column.name == name) return &column;
  }
  return nullptr;
}

}  // namespace flowmeter
