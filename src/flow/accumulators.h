#pragma once

#include <array>
#include <memory>
#include <tuple>

#include "flow/accumulator.h"
#include "flow/small_counter.h"
#include "stats/distribution.h"

namespace flowmeter {

/// Sizes of packets on the basis that the settings choose, by direction.
using SizeState = PerDirection<SizeDistribution>;
[[nodiscard]] std::unique_ptr<Accumulator> make_sizes(AccumulatorContext& context);

/// Time of the flow's first packet, in nanoseconds since the epoch: not the smallest, when the capture
/// is out of order.
struct StartState {
  std::int64_t ns = 0;
  bool known = false;

  static constexpr auto members() { return std::tuple(&StartState::ns, &StartState::known); }
};
[[nodiscard]] std::unique_ptr<Accumulator> make_start(AccumulatorContext& context);

/// Whether a TCP connection is over: a FIN of both sides, or a RST.
struct CloseState {
  std::int64_t since_ns = 0;  ///< the FlowTable's clock when it was seen to be over, which the table sets
  std::uint8_t fins = 0;      ///< a bit for each direction
  bool closed = false;
  bool seen = false;  ///< by the table
};
[[nodiscard]] std::unique_ptr<Accumulator> make_close(AccumulatorContext& context);

/// Gaps between consecutive packets of the same direction, in nanoseconds: n packets, n-1 gaps.
struct GapState {
  PerDirection<GapDistribution> gaps;
  PerDirection<std::int64_t> previous_ns;  ///< time of that direction's last packet
  PerDirection<bool> started;              ///< that direction had a packet

  static constexpr auto members() {
    return std::tuple(&GapState::gaps, &GapState::previous_ns, &GapState::started);
  }
};
[[nodiscard]] std::unique_ptr<Accumulator> make_gaps(AccumulatorContext& context);

/// Gaps between consecutive packets of the flow, of either direction, in nanoseconds.
struct FlowGapState {
  GapDistribution gaps;
  std::int64_t previous_ns = 0;  ///< time of the last packet
  bool started = false;          ///< there was a packet

  static constexpr auto members() {
    return std::tuple(&FlowGapState::gaps, &FlowGapState::previous_ns, &FlowGapState::started);
  }
};
[[nodiscard]] std::unique_ptr<Accumulator> make_flow_gaps(AccumulatorContext& context);

/// Sum of gaps between the packets of a row: the time from its first to its last.
[[nodiscard]] constexpr std::int64_t total_ns(const GapDistribution& gaps) noexcept {
  return static_cast<std::int64_t>(gaps.sum1.limbs[0]);  // within 64 bits, as all of a flow's times are
}

/// Packets with each of the eight TCP flags, by direction and by the flag's bit (FIN is 0).
using FlagState = PerDirection<std::array<SmallCounter, 8>>;
[[nodiscard]] std::unique_ptr<Accumulator> make_flags(AccumulatorContext& context);

}  // namespace flowmeter
