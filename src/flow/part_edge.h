#pragma once

#include <cstdint>
#include <memory>
#include <tuple>

#include "flow/accumulator.h"
#include "packet/stream_facts.h"

namespace flowmeter {

/// Where a part of a stream begins, as far as the part before must know it, and what it teaches of the
/// connection's numbers.
struct PartEdge {
  std::int64_t first_ns = 0;               ///< time of the first packet
  PerDirection<std::int64_t> first_of_ns;  ///< of the first packet of each direction
  PerDirection<bool> started;              ///< that direction had a packet
  InitialNumbers initial;                  ///< by the sender, see sender_of()

  // No parts of the state.
  std::uint64_t id = 0;  ///< of the flow in the part that is written
  bool open = false;     ///< the flow is in the middle of a part that is read: it must not end

  static constexpr auto members() {
    return std::tuple(&PartEdge::first_ns, &PartEdge::first_of_ns, &PartEdge::started, &PartEdge::initial);
  }

  /// Gap to the first packet of a direction from what was before it.
  [[nodiscard]] std::int64_t gap(Direction way, std::int64_t previous_ns) const noexcept {
    return first_of_ns[way] - previous_ns;
  }
};

/// Kept for every flow that may be a part.
[[nodiscard]] std::unique_ptr<Accumulator> make_part_edge(AccumulatorContext& context);

}  // namespace flowmeter
