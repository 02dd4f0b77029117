#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace flowmeter {

/// Which way a packet goes: forward is the direction of the flow's first packet.
enum class Direction : std::uint8_t { forward, backward };

inline constexpr std::array directions = {Direction::forward, Direction::backward};

[[nodiscard]] constexpr Direction opposite(Direction direction) noexcept {
  return direction == Direction::forward ? Direction::backward : Direction::forward;
}

/// The two ends of a conversation, ordered by address and port.
enum class StreamEnd : std::uint8_t { lower, higher };

inline constexpr std::array stream_ends = {StreamEnd::lower, StreamEnd::higher};

[[nodiscard]] constexpr StreamEnd opposite(StreamEnd end) noexcept {
  return end == StreamEnd::lower ? StreamEnd::higher : StreamEnd::lower;
}

/// A value for each of the two that `Which` enumerates.
template <class Which, class T>
struct ForEach : std::array<T, 2> {
  constexpr ForEach() : std::array<T, 2>{} {}

  [[nodiscard]] constexpr T& operator[](Which which) noexcept {
    return this->data()[static_cast<std::size_t>(which)];
  }
  [[nodiscard]] constexpr const T& operator[](Which which) const noexcept {
    return this->data()[static_cast<std::size_t>(which)];
  }

  /// Each gets the other's value.
  constexpr void swap() { std::swap(this->front(), this->back()); }
};

template <class T>
using PerDirection = ForEach<Direction, T>;
template <class T>
using PerStreamEnd = ForEach<StreamEnd, T>;

}  // namespace flowmeter
