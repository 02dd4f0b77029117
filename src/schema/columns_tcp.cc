#include <fmt/format.h>
#include <fmt/ranges.h>

#include <initializer_list>
#include <limits>

#include "flow/tcp_analysis.h"
#include "flow/tcp_connection.h"
#include "flow/tcp_headers.h"
#include "schema/groups.h"

namespace flowmeter {
namespace {

using Columns = std::vector<Column>;
using Fields = std::vector<std::string>;

/// Under 2^63, as every sum of fewer than 2^31 values of 32 bits is.
double mean(const Levels& levels) {
  return quotient(static_cast<std::int64_t>(levels.sum), static_cast<std::int64_t>(levels.count));
}

Fields analysis(std::initializer_list<const char*> names) {
  Fields fields;
  for (const char* name : names) fields.push_back(fmt::format("tcp.analysis.{}", name));
  return fields;
}

Fields retransmissions() { return {retransmission_fields.begin(), retransmission_fields.end()}; }

/// A column that counts the packets of a direction for which one of the fields has a value.
struct Presence {
  const char* name;
  const char* text;
  Fields fields;
};

AccumulatorKind presence_of(const Fields& fields) {
  return {&make_presence, fmt::format("{}", fmt::join(fields, " "))};
}

/// First all of one direction, then all of the other.
void add_presence(Columns& columns, std::initializer_list<Presence> line) {
  for (const Side& side : sides) {
    for (const Presence& presence : line) {
      columns.push_back({fmt::format("{}_{}", side.prefix, presence.name), "packet",
                         fmt::format("{} packets {}", side.adjective, presence.text), presence.fields,
                         presence_of(presence.fields), [way = side.way](Cell& cell) {
                           cell.out.natural(cell.as<PresenceState>()[way].value());
                         }});
    }
  }
}

/// `bytes` is a member of RetransmissionState.
void add_retransmitted(Columns& columns, const char* name, const char* text,
                       PerDirection<std::uint64_t> RetransmissionState::*bytes) {
  Fields fields = retransmissions();
  fields.emplace_back("tcp.len");
  for (const Side& side : sides) {
    columns.push_back({fmt::format("{}_{}", side.prefix, name), "byte",
                       fmt::format("payload of {} packets {}", side.adjective, text), fields,
                       &make_retransmissions, [bytes, way = side.way](Cell& cell) {
                         cell.out.natural((cell.as<RetransmissionState>().*bytes)[way]);
                       }});
  }
}

void add_analysis(Columns& columns) {
  add_presence(columns, {{"retx_cnt", "that tshark calls retransmissions, of any kind", retransmissions()}});
  add_retransmitted(columns, "retx_byte", "that are retransmissions", &RetransmissionState::again);
  add_presence(columns,
               {{"fast_retx_cnt", "that are fast retransmissions", analysis({"fast_retransmission"})},
                {"spur_retx_cnt", "that are spurious retransmissions: the data were acknowledged",
                 analysis({"spurious_retransmission"})}});
  add_presence(columns, {{"ooo_cnt", "out of order", analysis({"out_of_order"})}});
  add_presence(columns, {{"lost_seg_cnt", "after a gap of segments that the capture does not contain",
                          analysis({"lost_segment"})},
                         {"ack_lost_cnt", "that acknowledge segments that the capture does not contain",
                          analysis({"ack_lost_segment"})}});
  add_presence(columns, {{"dup_ack_cnt", "that are duplicate ACKs", analysis({"duplicate_ack"})}});
  add_presence(columns, {{"zero_win_cnt", "with a window of 0", analysis({"zero_window"})},
                         {"win_full_cnt", "that fill the peer's window", analysis({"window_full"})},
                         {"win_update_cnt", "that are window updates", analysis({"window_update"})}});
  add_presence(columns,
               {{"keepalive_cnt", "that are keep-alives", analysis({"keep_alive"})},
                {"keepalive_ack_cnt", "that acknowledge keep-alives", analysis({"keep_alive_ack"})}});
  add_presence(columns, {{"zwin_probe_cnt", "that are zero-window probes, or acknowledge one",
                          analysis({"zero_window_probe", "zero_window_probe_ack"})}});
  const Fields reuse = analysis({"reused_ports"});
  columns.push_back({"tcp_port_reuse", "-", "1 if the ports were those of an earlier connection, else 0",
                     reuse, presence_of(reuse), [](Cell& cell) {
                       const auto& state = cell.as<PresenceState>();
                       cell.out.natural(
                           state[Direction::forward].value() + state[Direction::backward].value() != 0 ? 1
                                                                                                       : 0);
                     }});
  add_retransmitted(columns, "uniq_byte", "that are not retransmissions", &RetransmissionState::once);
}

void add_ack_rtts(Columns& columns) {
  const Fields fields = analysis({"ack_rtt"});
  for (const Side& side : sides) {
    const auto add = [&](const char* name, const char* what, auto write) {
      columns.push_back({fmt::format("{}_ack_rtt_{}", side.prefix, name), "us",
                         fmt::format("{} time from a segment to the {} ACK of it", what, side.adjective),
                         fields, &make_ack_rtts, [write, way = side.way](Cell& cell) {
                           const TimeSpread& rtts = cell.as<AckRttState>()[way];
                           if (rtts.count == 0) {
                             cell.none();
                           } else {
                             cell.out.real(write(rtts));
                           }
                         }});
    };
    columns.push_back({fmt::format("{}_ack_rtt_cnt", side.prefix), "packet",
                       fmt::format("{} packets that acknowledge a segment that was seen", side.adjective),
                       fields, presence_of(fields), [way = side.way](Cell& cell) {
                         cell.out.natural(cell.as<PresenceState>()[way].value());
                       }});
    add("mean", "mean", [](const TimeSpread& rtts) { return mean_std(rtts, TimeUnit::microsecond).mean; });
    add("std", "population standard deviation of the",
        [](const TimeSpread& rtts) { return mean_std(rtts, TimeUnit::microsecond).std; });
    add("min", "smallest", [](const TimeSpread& rtts) { return microseconds(rtts.min); });
    add("max", "largest", [](const TimeSpread& rtts) { return microseconds(rtts.max); });
  }
}

/// Columns of the Levels of an array of them by direction, `State`.
template <class State>
class LevelColumns {
 public:
  LevelColumns(Columns& columns, const char* prefix, std::string text, Fields fields,
               AccumulatorFactory factory)
      : columns_(columns),
        prefix_(prefix),
        text_(std::move(text)),
        fields_(std::move(fields)),
        factory_(factory) {}

  void add_min(const Side& side) { add_extreme(side, "min", "smallest", &Levels::min); }
  void add_max(const Side& side) { add_extreme(side, "max", "largest", &Levels::max); }
  void add_mean(const Side& side) {
    add(side, "mean", "mean", [](Cell& cell, const Levels& levels) { cell.out.real(mean(levels)); });
  }

 private:
  void add_extreme(const Side& side, const char* name, const char* what, std::uint32_t Levels::*which) {
    add(side, name, what, [which](Cell& cell, const Levels& levels) { cell.out.natural(levels.*which); });
  }

  template <class Write>
  void add(const Side& side, const char* name, const char* what, Write write) {
    columns_.push_back({fmt::format("{}_{}_{}", side.prefix, prefix_, name), "byte",
                        fmt::format("{} of the {} {}", what, side.adjective, text_), fields_, factory_,
                        [write, way = side.way](Cell& cell) {
                          const Levels& levels = cell.as<State>()[way];
                          if (levels.count == 0) {
                            cell.none();
                          } else {
                            write(cell, levels);
                          }
                        }});
  }

  Columns& columns_;
  const char* prefix_;
  std::string text_;
  Fields fields_;
  AccumulatorFactory factory_;
};

void add_in_flight(Columns& columns) {
  LevelColumns<InFlightState> in_flight(columns, "bif", "side's bytes in flight",
                                        analysis({"bytes_in_flight"}), &make_in_flight);
  for (const Side& side : sides) {
    in_flight.add_max(side);
    in_flight.add_mean(side);
  }
}

void add_windows(Columns& columns) {
  LevelColumns<WindowState> windows(columns, "win", "packets' windows, scaled; without SYN and RST packets",
                                    {"tcp.window_size", "tcp.flags"}, &make_windows);
  for (const Side& side : sides) {
    windows.add_min(side);
    windows.add_max(side);
    windows.add_mean(side);
  }
}

void add_first_syn(Columns& columns) {
  for (const Side& side : sides) {
    const auto add = [&](const char* name, const char* unit, const char* what, const char* field,
                         auto write) {
      columns.push_back({fmt::format("{}_{}", side.prefix, name),
                         unit,
                         fmt::format("{} of the first {} SYN", what, side.adjective),
                         {"tcp.flags", field},
                         &make_syns,
                         [write, way = side.way](Cell& cell) { write(cell, cell.as<SynState>()[way]); }});
    };
    add("init_win", "byte", "window, not scaled,", "tcp.window_size_value",
        [](Cell& cell, const SynOptions& offer) { cell.out.natural(offer.window); });
    add("wscale", "-", "shift of windows (-1: none)", "tcp.options.wscale.shift",
        [](Cell& cell, const SynOptions& offer) { cell.out.integer(offer.window_shift); });
    add("mss", "byte", "maximum segment size (0: none)", "tcp.options.mss_val",
        [](Cell& cell, const SynOptions& offer) { cell.out.natural(offer.segment_bytes); });
    add("sack_ok", "-", "SACK permitted (0 or 1)", "tcp.options.sack_perm",
        [](Cell& cell, const SynOptions& offer) { cell.out.natural(offer.sack ? 1 : 0); });
  }
}

}  // namespace

std::vector<Column> tcp_columns(const FeatureSettings& settings) {
  Columns columns;
  add_analysis(columns);
  add_ack_rtts(columns);
  add_in_flight(columns);
  add_first_syn(columns);
  add_windows(columns);
  for (Column& column : tcp_connection_columns(settings)) columns.push_back(std::move(column));
  return columns;
}

}  // namespace flowmeter
