#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <tuple>

#include "flow/accumulator.h"
#include "stats/levels.h"

// What TCP's headers tell of a flow: flags, times, windows and options. A UDP flow has none of it.

namespace flowmeter {

/// What the first SYN of a direction offers, with or without ACK.
struct SynOptions {
  std::uint16_t window = 0;         ///< as in the header, not scaled
  std::uint16_t segment_bytes = 0;  ///< the option MSS; 0 without
  std::int16_t window_shift = -1;   ///< of the option window scale; -1 without
  bool sack = false;                ///< the option SACK permitted
  bool seen = false;                ///< there was a SYN

  static constexpr auto members() {
    return std::tuple(&SynOptions::window, &SynOptions::segment_bytes, &SynOptions::window_shift,
                      &SynOptions::sack, &SynOptions::seen);
  }
};
using SynState = PerDirection<SynOptions>;
[[nodiscard]] std::unique_ptr<Accumulator> make_syns(AccumulatorContext& context);

/// Windows in bytes, scaled as far as tshark knows the shift, by direction; of packets without SYN,
/// whose windows are never scaled, and without RST, whose windows mean nothing.
using WindowState = PerDirection<Levels>;
[[nodiscard]] std::unique_ptr<Accumulator> make_windows(AccumulatorContext& context);

/// How far the three-way handshake came, and when: the last SYN before the first SYN+ACK, and the first
/// ACK behind that.
struct HandshakeState {
  std::int64_t syn_ns = 0, synack_ns = 0, ack_ns = 0;  ///< times of packets, nanoseconds since the epoch
  std::uint8_t steps = 0;                              ///< of the three

  static constexpr auto members() {
    return std::tuple(&HandshakeState::syn_ns, &HandshakeState::synack_ns, &HandshakeState::ack_ns,
                      &HandshakeState::steps);
  }
};
/// In a flow that may be a part of a longer one, what becomes of the handshake depends on how far it was
/// before, and on which side is forward: all that it may come to is kept. The first is that of a flow.
struct HandshakeParts {
  PerDirection<std::array<HandshakeState, 3>> of;  ///< by who is forward, the source or the destination,
                                                   ///< and by the steps before

  HandshakeParts();

  static constexpr auto members() { return std::tuple(&HandshakeParts::of); }
};
[[nodiscard]] std::unique_ptr<Accumulator> make_handshake(AccumulatorContext& context);

/// What was seen of a connection, in the bits of tshark's tcp.completeness: SYN 1, SYN+ACK 2, ACK 4,
/// payload 8, FIN 16, RST 32.
struct CompletenessState {
  std::uint8_t bits = 0;

  static constexpr auto members() { return std::tuple(&CompletenessState::bits); }
};
[[nodiscard]] std::unique_ptr<Accumulator> make_completeness(AccumulatorContext& context);

/// Who was first to close the connection, and to reset it.
struct EndingState {
  std::optional<Direction> fin, rst;

  static constexpr auto members() { return std::tuple(&EndingState::fin, &EndingState::rst); }
};
[[nodiscard]] std::unique_ptr<Accumulator> make_endings(AccumulatorContext& context);

}  // namespace flowmeter
