#pragma once

#include <array>
#include <memory>

#include "flow/accumulator.h"
#include "stats/distribution.h"

namespace flowmeter {

/// frame.len, by direction.
using SizeState = std::array<SizeDistribution, 2>;
[[nodiscard]] std::unique_ptr<Accumulator> make_sizes(FieldSet& fields);

/// Gaps between consecutive packets of the same direction, in nanoseconds: n packets, n-1 gaps.
struct GapState {
  std::array<GapDistribution, 2> gaps;
  std::array<std::int64_t, 2> previous_ns{};  ///< time of that direction's last packet
  std::array<bool, 2> started{};              ///< that direction had a packet
};
[[nodiscard]] std::unique_ptr<Accumulator> make_gaps(FieldSet& fields);

/// Packets with each of the eight TCP flags, by direction and by the flag's bit (FIN is 0).
using FlagState = std::array<std::array<std::uint64_t, 8>, 2>;
[[nodiscard]] std::unique_ptr<Accumulator> make_flags(FieldSet& fields);

}  // namespace flowmeter
