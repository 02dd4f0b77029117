#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "flow/accumulators.h"
#include "stats/levels.h"

// What tshark's analysis of TCP's sequence numbers says of a flow's packets. A UDP flow has none of it.

namespace flowmeter {

/// Packets, by direction, for which some field has a value. What the value is does not matter: it is
/// no count (a duplicate ACK prints "1" twice).
using PresenceState = PerDirection<SmallCounter>;

/// The kind's argument is the field, or several with blanks between, any of which counts.
[[nodiscard]] std::unique_ptr<Accumulator> make_presence(AccumulatorContext& context);

/// TCP payload in bytes, by direction.
struct RetransmissionState {
  PerDirection<std::uint64_t> again;  ///< in packets that tshark calls retransmissions, of any kind
  PerDirection<std::uint64_t> once;   ///< in all others
};
[[nodiscard]] std::unique_ptr<Accumulator> make_retransmissions(AccumulatorContext& context);

/// Times between a segment and the ACK of it, tcp.analysis.ack_rtt, by the direction of the ACK.
using AckRttState = PerDirection<TimeSpread>;
[[nodiscard]] std::unique_ptr<Accumulator> make_ack_rtts(AccumulatorContext& context);

/// Bytes that are sent and not yet acknowledged, tcp.analysis.bytes_in_flight, by direction.
using InFlightState = PerDirection<Levels>;
[[nodiscard]] std::unique_ptr<Accumulator> make_in_flight(AccumulatorContext& context);

/// The first tcp.analysis.initial_rtt of the flow, in nanoseconds.
struct InitialRttState {
  std::int64_t ns = 0;
  bool known = false;
};
[[nodiscard]] std::unique_ptr<Accumulator> make_initial_rtt(AccumulatorContext& context);

/// tshark's names for retransmissions of every kind.
inline constexpr std::array retransmission_fields = {"tcp.analysis.retransmission",
                                                     "tcp.analysis.fast_retransmission",
                                                     "tcp.analysis.spurious_retransmission"};

}  // namespace flowmeter
