#include <fmt/format.h>

#include <array>

#include "flow/accumulators.h"
#include "schema/groups.h"

namespace flowmeter {
namespace {

/// What the size columns measure, and the fields that it comes from.
struct SizeSource {
  std::string of_forward, of_backward;
  std::vector<std::string> fields;

  explicit SizeSource(SizeBasis basis) : fields(size_fields(basis)) {
    const char* format = "the sizes of the {} packets on the wire";
    if (basis == SizeBasis::ip) {
      format = "the sizes of the {} packets' IP packets";
    } else if (basis == SizeBasis::payload) {
      format = "the payloads of the {} packets";
    }
    of_forward = fmt::format(fmt::runtime(format), sides[0].adjective);
    of_backward = fmt::format(fmt::runtime(format), sides[1].adjective);
  }

  [[nodiscard]] const std::string& of(const Side& side) const {
    return side.way == 0 ? of_forward : of_backward;
  }
};

void add_identity(std::vector<Column>& columns) {
  columns.push_back({"duration",
                     "s",
                     "largest minus smallest packet time of the flow",
                     {"frame.time_epoch"},
                     nullptr,
                     [](Cell& cell) { cell.out.real(seconds(cell.flow.last_ns - cell.flow.first_ns)); }});
  columns.push_back({"protocol",
                     "-",
                     "TCP or UDP (UDP-Lite counts as UDP); SCTP, DCCP, ICMP, ICMPv6 by --transport",
                     {"frame.protocols"},
                     nullptr,
                     [](Cell& cell) { cell.out.text(name_of(cell.flow.key.transport)); }});
  columns.back().kind = ValueKind::text;
  columns.push_back({"src_port",
                     "-",
                     "port that sent the flow's first packet",
                     {"tcp.srcport", "udp.srcport"},
                     nullptr,
                     [](Cell& cell) { cell.out.natural(cell.flow.source.port); },
                     true});
  columns.push_back({"dst_port",
                     "-",
                     "port that the flow's first packet went to",
                     {"tcp.dstport", "udp.dstport"},
                     nullptr,
                     [](Cell& cell) { cell.out.natural(cell.flow.destination.port); },
                     true});
}

void add_totals(std::vector<Column>& columns, const SizeSource& sizes) {
  for (const Side& side : sides) {
    const std::size_t way = side.way;
    columns.push_back({fmt::format("{}_tot_pkt", side.prefix),
                       "packet",
                       fmt::format("{} packets", side.adjective),
                       {"frame.protocols"},
                       &make_sizes,
                       [way](Cell& cell) { cell.out.natural(cell.as<SizeState>()[way].count); }});
    columns.push_back({fmt::format("{}_tot_byte", side.prefix), "byte",
                       fmt::format("sum of {}", sizes.of(side)), sizes.fields, &make_sizes,
                       [way](Cell& cell) {
                         // Under 2^64: the limbs above would take 2^32 packets of the largest size.
                         cell.out.natural(cell.as<SizeState>()[way].sum1.limbs[0]);
                       }});
  }
}

/// What the six statistics of a distribution are of.
struct Samples {
  std::string prefix;  ///< of the columns' names
  std::string unit;
  std::string text;
  std::vector<std::string> fields;
  AccumulatorKind accumulator;
};

/// `get` finds the distribution in the cell, `extreme` prints a sample.
template <class Get, class Extreme>
void add_statistics(std::vector<Column>& columns, const Samples& samples, Get get, Extreme extreme) {
  const auto add = [&](const char* name, const std::string& unit, const std::string& what, std::int64_t empty,
                       auto write) {
    columns.push_back({fmt::format("{}_{}", samples.prefix, name), unit,
                       fmt::format("{} of {}", what, samples.text), samples.fields, samples.accumulator,
                       [=](Cell& cell) {
                         if (get(cell).count == 0) {
                           cell.none(empty);
                         } else {
                           write(cell);
                         }
                       }});
  };
  const std::string& unit = samples.unit;
  add("mean", unit, "mean", 0, [get](Cell& cell) { cell.out.real(cell.memo.of(get(cell)).mean); });
  add("std", unit, "population standard deviation", 0,
      [get](Cell& cell) { cell.out.real(cell.memo.of(get(cell)).std); });
  add("skewness", "-", "population skewness m3/m2^1.5", 0,
      [get](Cell& cell) { cell.out.real(cell.memo.of(get(cell)).skewness); });
  add("kurtosis", "-", "excess kurtosis m4/m2^2 - 3", -3,
      [get](Cell& cell) { cell.out.real(cell.memo.of(get(cell)).kurtosis); });
  add("min", unit, "smallest", 0, [=](Cell& cell) { extreme(cell, get(cell).min); });
  add("max", unit, "largest", 0, [=](Cell& cell) { extreme(cell, get(cell).max); });
}

void add_sizes(std::vector<Column>& columns, const SizeSource& sizes) {
  for (const Side& side : sides) {
    const std::size_t way = side.way;
    add_statistics(
        columns, {fmt::format("{}_pkt_size", side.prefix), "byte", sizes.of(side), sizes.fields, &make_sizes},
        [way](const Cell& cell) -> const SizeDistribution& { return cell.as<SizeState>()[way]; },
        [](Cell& cell, std::uint32_t bytes) { cell.out.natural(bytes); });
  }
}

void add_gaps(std::vector<Column>& columns) {
  for (const Side& side : sides) {
    const std::size_t way = side.way;
    add_statistics(
        columns,
        {fmt::format("{}_iat", side.prefix),
         "s",
         fmt::format("the gaps between consecutive {} packets", side.adjective),
         {"frame.time_epoch"},
         &make_gaps},
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
  constexpr std::array flags = {Flag{"FIN", "FIN", 0},  Flag{"SYN", "SYN", 1}, Flag{"RST", "RST", 2},
                                Flag{"PUSH", "PSH", 3}, Flag{"ACK", "ACK", 4}, Flag{"URG", "URG", 5},
                                Flag{"CWE", "CWR", 7},  Flag{"ECE", "ECE", 6}};
  for (const Side& side : sides) {
    for (const Flag& flag : flags) {
      const std::size_t way = side.way, bit = flag.bit;
      columns.push_back(
          {fmt::format("{}_{}_cnt", side.prefix, flag.label),
           "packet",
           fmt::format("{} packets with the TCP flag {}; 0 for UDP", side.adjective, flag.name),
           {"tcp.flags"},
           &make_flags,
           [way, bit](Cell& cell) { cell.out.natural(cell.as<FlagState>()[way][bit].value()); }});
    }
  }
}

}  // namespace

std::vector<std::string> size_fields(SizeBasis basis) {
  switch (basis) {
    case SizeBasis::ip:
      return {"ip.len", "ipv6.plen"};
    case SizeBasis::payload:
      return {"tcp.len", "udp.length"};
    case SizeBasis::frame:
      break;
  }
  return {"frame.len"};
}

std::vector<Column> flowmeter_columns(const FeatureSettings& settings) {
  const SizeSource sizes(settings.size);
  std::vector<Column> columns;
  add_identity(columns);
  add_totals(columns, sizes);
  add_sizes(columns, sizes);
  add_gaps(columns);
  add_flags(columns);
  for (Column& column : columns) column.whole_protocols = false;
  return columns;
}

}  // namespace flowmeter
