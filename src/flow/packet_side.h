#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "flow/accumulator.h"

namespace flowmeter {

/// Which packets of a flow.
enum class PacketSide : std::uint8_t { forward, backward, both };

/// "fwd", "bwd" or "both".
[[nodiscard]] constexpr const char* name_of(PacketSide side) noexcept {
  switch (side) {
    case PacketSide::forward:
      return "fwd";
    case PacketSide::backward:
      return "bwd";
    case PacketSide::both:
      break;
  }
  return "both";
}

/// The side of that name.
[[nodiscard]] constexpr std::optional<PacketSide> side_named(std::string_view name) noexcept {
  for (const PacketSide side : {PacketSide::forward, PacketSide::backward, PacketSide::both}) {
    if (name == name_of(side)) return side;
  }
  return std::nullopt;
}

[[nodiscard]] constexpr bool takes(PacketSide side, Direction direction) noexcept {
  return side == PacketSide::both || (side == PacketSide::forward) == (direction == Direction::forward);
}

}  // namespace flowmeter
