#include <fmt/format.h>

#include <array>
#include <chrono>
#include <optional>

#include "flow/accumulators.h"
#include "flow/id_accumulators.h"
#include "schema/groups.h"
#include "schema/sample_statistics.h"

// NFStream's core and statistical features that are not other columns under the same name, in its order.

namespace flowmeter {
namespace {

/// What NFStream calls the directions.
struct NfSide {
  const char* prefix;
  const char* packets;             ///< for descriptions
  std::optional<Direction> way{};  ///< none: both
};
constexpr std::array nf_sides = {NfSide{"bidirectional", "packets of either direction"},
                                 NfSide{"src2dst", "forward packets", Direction::forward},
                                 NfSide{"dst2src", "backward packets", Direction::backward}};

SizeDistribution sizes(const Cell& cell, const NfSide& side) {
  const SizeState& state = cell.as<SizeState>();
  if (side.way) return state[*side.way];
  SizeDistribution all = state[Direction::forward];
  all.merge(state[Direction::backward]);
  return all;
}

/// The times of the packets of a side.
struct Timeline {
  const GapDistribution& gaps;
  std::int64_t last_ns;
  bool started;

  [[nodiscard]] std::int64_t first_ns() const noexcept { return last_ns - total_ns(gaps); }
};

AccumulatorFactory times_of(const NfSide& side) { return side.way ? &make_gaps : &make_flow_gaps; }

Timeline timeline(const Cell& cell, const NfSide& side) {
  if (!side.way) {
    const FlowGapState& state = cell.as<FlowGapState>();
    return {state.gaps, state.previous_ns, state.started};
  }
  const GapState& state = cell.as<GapState>();
  return {state.gaps[*side.way], state.previous_ns[*side.way], state.started[*side.way]};
}

/// Prints a moment, as NFStream does: since the Unix epoch, the fraction of a millisecond cut off.
void write_moment(Cell& cell, const Timeline& times, std::int64_t ns) {
  if (!times.started) return cell.none();
  const std::chrono::nanoseconds since(ns);
  cell.out.integer(std::chrono::floor<std::chrono::milliseconds>(since).count());
}

void add_identity(std::vector<Column>& columns) {
  columns.push_back({"nfstream_id",
                     "-",
                     "number of the row in its input, from 0",
                     {"frame.protocols"},
                     nullptr,
                     [](Cell& cell) { cell.out.natural(cell.row.number); },
                     true});
  columns.push_back({"expiration_id",
                     "-",
                     "1 if the active time-out ended the flow, else 0",
                     {"frame.time_epoch"},
                     nullptr,
                     [](Cell& cell) { cell.out.natural(cell.row.reason == EndReason::active ? 1 : 0); }});
  struct Owner {
    const char* name;
    const char* text;
    Direction from;
  };
  for (const Owner& owner : {Owner{"src_oui", "source", Direction::forward},
                             Owner{"dst_oui", "destination", Direction::backward}}) {
    columns.push_back({owner.name,
                       "-",
                       fmt::format("vendor's half of the {}'s link-layer address", owner.text),
                       {"eth.src", "eth.dst"},
                       &make_macs,
                       [from = owner.from](Cell& cell) {
                         const auto& mac = cell.as<MacState>().of[from];
                         cell.out.text(mac ? to_string(cell.row.shown(*mac)).substr(0, 8) : "-");
                       },
                       true});
    columns.back().kind = ValueKind::text;
  }
}

void add_moments(std::vector<Column>& columns, const NfSide& side) {
  const std::vector<std::string> time = {"frame.time_epoch"};
  columns.push_back(
      {fmt::format("{}_first_seen_ms", side.prefix), "ms",
       fmt::format("time of the first of the {}, since the Unix epoch, cut to whole ones", side.packets),
       time, times_of(side),
       [side](Cell& cell) {
         const Timeline times = timeline(cell, side);
         write_moment(cell, times, times.first_ns());
       },
       true});
  columns.push_back(
      {fmt::format("{}_last_seen_ms", side.prefix), "ms",
       fmt::format("time of the last of the {}, since the Unix epoch, cut to whole ones", side.packets), time,
       times_of(side),
       [side](Cell& cell) {
         const Timeline times = timeline(cell, side);
         write_moment(cell, times, times.last_ns);
       },
       true});
  columns.push_back(
      {fmt::format("{}_duration_ms", side.prefix), "ms",
       fmt::format("time of the last of the {} less that of the first", side.packets), time, times_of(side),
       [side](Cell& cell) { cell.out.real(quotient(total_ns(timeline(cell, side).gaps), 1'000'000)); }});
}

void add_totals(std::vector<Column>& columns, const NfSide& side, const std::vector<std::string>& fields) {
  columns.push_back({fmt::format("{}_packets", side.prefix),
                     "packet",
                     side.packets,
                     {"frame.protocols"},
                     &make_sizes,
                     [side](Cell& cell) { cell.out.natural(sizes(cell, side).count); }});
  columns.push_back({fmt::format("{}_bytes", side.prefix), "byte",
                     fmt::format("sum of the sizes of the {} (--size)", side.packets), fields, &make_sizes,
                     // Under 2^64: the limbs above would take 2^32 packets of the largest size.
                     [side](Cell& cell) { cell.out.natural(sizes(cell, side).sum1.limbs[0]); }});
}

struct NamedStatistic {
  const char* name;
  Statistic statistic;
};
constexpr std::array nf_statistics = {
    NamedStatistic{"min", Statistic::min}, NamedStatistic{"mean", Statistic::mean},
    NamedStatistic{"stddev", Statistic::std}, NamedStatistic{"max", Statistic::max}};

void add_size_statistics(std::vector<Column>& columns, const NfSide& side,
                         const std::vector<std::string>& fields) {
  for (const auto& [name, statistic] : nf_statistics) {
    columns.push_back({fmt::format("{}_{}_ps", side.prefix, name), "byte",
                       fmt::format("{} of the sizes of the {} (--size)", phrase(statistic), side.packets),
                       fields, &make_sizes, [side, which = statistic](Cell& cell) {
                         write_statistic(cell, which, sizes(cell, side));
                       }});
  }
}

void add_gap_statistics(std::vector<Column>& columns, const NfSide& side) {
  for (const auto& [name, statistic] : nf_statistics) {
    columns.push_back({fmt::format("{}_{}_piat_ms", side.prefix, name),
                       "ms",
                       fmt::format("{} of the gaps between consecutive {}", phrase(statistic), side.packets),
                       {"frame.time_epoch"},
                       times_of(side),
                       [side, which = statistic](Cell& cell) {
                         write_statistic(cell, which, timeline(cell, side).gaps, TimeUnit::millisecond);
                       }});
  }
}

void add_flags(std::vector<Column>& columns, const NfSide& side) {
  constexpr std::array names = {"syn", "cwr", "ece", "urg", "ack", "psh", "rst", "fin"};
  constexpr std::array labels = {"SYN", "CWR", "ECE", "URG", "ACK", "PSH", "RST", "FIN"};
  constexpr std::array bits = {1U, 7U, 6U, 5U, 4U, 3U, 2U, 0U};
  for (std::size_t i = 0; i < names.size(); ++i) {
    columns.push_back({fmt::format("{}_{}_packets", side.prefix, names[i]),
                       "packet",
                       fmt::format("{} with the TCP flag {}; 0 for UDP", side.packets, labels[i]),
                       {"tcp.flags"},
                       &make_flags,
                       [side, bit = bits[i]](Cell& cell) {
                         const FlagState& flags = cell.as<FlagState>();
                         cell.out.natural(side.way ? flags[*side.way][bit].value()
                                                   : flags[Direction::forward][bit].value() +
                                                         flags[Direction::backward][bit].value());
                       }});
  }
}

}  // namespace

std::vector<Column> nfstream_columns(const FeatureSettings& settings) {
  const std::vector<std::string> sizes = size_fields(settings.size);
  std::vector<Column> columns;
  add_identity(columns);
  for (const NfSide& side : nf_sides) {
    add_moments(columns, side);
    add_totals(columns, side, sizes);
  }
  for (const NfSide& side : nf_sides) add_size_statistics(columns, side, sizes);
  for (const NfSide& side : nf_sides) add_gap_statistics(columns, side);
  for (const NfSide& side : nf_sides) add_flags(columns, side);
  return columns;
}

}  // namespace flowmeter
