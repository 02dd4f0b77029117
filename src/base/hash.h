#pragma once

#include <cstdint>

namespace flowmeter {

/// The finalizer of MurmurHash3 in its splitmix64 form: every bit in touches every bit out. One to one.
[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t word) noexcept {
  word += 0x9E3779B97F4A7C15U;
  word = (word ^ (word >> 30U)) * 0xBF58476D1CE4E5B9U;
  word = (word ^ (word >> 27U)) * 0x94D049BB133111EBU;
  return word ^ (word >> 31U);
}

/// The hash of what has been hashed so far and of a further word.
[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t hash, std::uint64_t word) noexcept {
  return mix(hash ^ word);
}

}  // namespace flowmeter
