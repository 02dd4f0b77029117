#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "stats/wide_int.h"

namespace flowmeter {

/// What a set of integer samples leaves behind: their number, extremes and exact power sums. Two sets
/// add up to the same state in any order, so that neither the order of packets nor the way in which
/// parts are merged can change a digit of what is computed from it (stats/moments.h).
///
/// `Sample` is an unsigned 32-bit or a signed 64-bit integer. The sums of the first to fourth powers
/// are as wide as 2^63 samples of any size need: L1 to L4 limbs of 64 bits.
template <class Sample, std::size_t L1, std::size_t L2, std::size_t L3, std::size_t L4>
struct Distribution {
  static_assert(sizeof(Sample) == 4 ? std::is_unsigned_v<Sample> : std::is_signed_v<Sample>);

  std::uint64_t count = 0;
  Sample min = 0;  ///< 0 if there is no sample
  Sample max = 0;
  WideInt<L1> sum1;
  WideInt<L2> sum2;
  WideInt<L3> sum3;
  WideInt<L4> sum4;

  void add(Sample sample) noexcept {
    min = count == 0 ? sample : std::min(min, sample);
    max = count == 0 ? sample : std::max(max, sample);
    ++count;
    bool negative = false;
    std::uint64_t x = static_cast<std::uint64_t>(sample);
    if constexpr (std::is_signed_v<Sample>) {
      negative = sample < 0;
      if (negative) x = 0 - x;
    }
    const Product square = multiply(x, x);
    if constexpr (sizeof(Sample) == 4) {
      const Product cube = multiply(square.low, x);
      const Product fourth = multiply(square.low, square.low);
      sum1.add(std::array{x});
      sum2.add(std::array{square.low});
      sum3.add(std::array{cube.low, cube.high});
      sum4.add(std::array{fourth.low, fourth.high});
    } else {
      const auto cube = times(square, x);
      sum2.add(std::array{square.low, square.high});
      sum4.add(squared(square));
      if (negative) {
        sum1.subtract(std::array{x});
        sum3.subtract(cube);
      } else {
        sum1.add(std::array{x});
        sum3.add(cube);
      }
    }
  }

  void merge(const Distribution& other) noexcept {
    if (other.count == 0) return;
    min = count == 0 ? other.min : std::min(min, other.min);
    max = count == 0 ? other.max : std::max(max, other.max);
    count += other.count;
    sum1.add(other.sum1);
    sum2.add(other.sum2);
    sum3.add(other.sum3);
    sum4.add(other.sum4);
  }

  friend bool operator==(const Distribution&, const Distribution&) = default;

 private:
  static std::array<std::uint64_t, 3> times(const Product& a, std::uint64_t b) noexcept {
    const Product low = multiply(a.low, b), high = multiply(a.high, b);
    const std::uint64_t middle = low.high + high.low;
    return {low.low, middle, high.high + (middle < low.high ? 1U : 0U)};
  }

  static std::array<std::uint64_t, 4> squared(const Product& a) noexcept {
    const Product low = multiply(a.low, a.low), cross = multiply(a.low, a.high);
    const Product high = multiply(a.high, a.high);
    WideInt<4> sum{{low.low, low.high, high.low, high.high}};
    const std::array<std::uint64_t, 4> shifted{0, cross.low, cross.high, 0};
    sum.add(shifted);
    sum.add(shifted);
    return sum.limbs;
  }
};

/// Sizes in bytes.
using SizeDistribution = Distribution<std::uint32_t, 2, 2, 3, 3>;

/// Gaps in nanoseconds.
using GapDistribution = Distribution<std::int64_t, 2, 3, 4, 5>;

}  // namespace flowmeter
