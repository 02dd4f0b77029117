#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace flowmeter {

/// The 128-bit product of two 64-bit numbers.
struct Product {
  std::uint64_t low;
  std::uint64_t high;
};

[[nodiscard]] constexpr Product multiply(std::uint64_t a, std::uint64_t b) noexcept {
#ifdef __SIZEOF_INT128__
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return {static_cast<std::uint64_t>(product), static_cast<std::uint64_t>(product >> 64)};
#else
  const std::uint64_t a0 = a & 0xffffffff, a1 = a >> 32, b0 = b & 0xffffffff, b1 = b >> 32;
  const std::uint64_t low = a0 * b0, cross = a1 * b0 + (low >> 32);
  const std::uint64_t middle = a0 * b1 + (cross & 0xffffffff);
  return {(middle << 32) | (low & 0xffffffff), a1 * b1 + (cross >> 32) + (middle >> 32)};
#endif
}

/// An integer of N 64-bit limbs in two's complement, least significant first. Only what sums of
/// powers need: no library's fixed-width integer adds in place without a temporary and a sign word.
template <std::size_t N>
struct WideInt {
  std::array<std::uint64_t, N> limbs{};

  /// Adds an unsigned number of M <= N limbs.
  template <std::size_t M>
  constexpr void add(const std::array<std::uint64_t, M>& other) noexcept {
    static_assert(M <= N);
    std::uint64_t carry = 0;
    for (std::size_t i = 0; i < N; ++i) {
      const std::uint64_t term = i < M ? other[i] : 0;
      const std::uint64_t sum = limbs[i] + term;
      const std::uint64_t with_carry = sum + carry;
      carry = (sum < term ? 1U : 0U) | (with_carry < sum ? 1U : 0U);
      limbs[i] = with_carry;
    }
  }

  /// Subtracts an unsigned number of M <= N limbs.
  template <std::size_t M>
  constexpr void subtract(const std::array<std::uint64_t, M>& other) noexcept {
    static_assert(M <= N);
    std::uint64_t borrow = 0;
    for (std::size_t i = 0; i < N; ++i) {
      const std::uint64_t term = i < M ? other[i] : 0;
      const std::uint64_t difference = limbs[i] - term;
      const std::uint64_t with_borrow = difference - borrow;
      borrow = (limbs[i] < term ? 1U : 0U) | (difference < borrow ? 1U : 0U);
      limbs[i] = with_borrow;
    }
  }

  /// Adds a number of the same width.
  constexpr void add(const WideInt& other) noexcept { add(other.limbs); }

  [[nodiscard]] constexpr bool negative() const noexcept { return (limbs[N - 1] >> 63) != 0; }

  friend constexpr bool operator==(const WideInt&, const WideInt&) = default;
};

}  // namespace flowmeter
