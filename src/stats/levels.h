#pragma once

#include <algorithm>
#include <cstdint>

#include "stats/wide_int.h"

namespace flowmeter {

/// What a set of byte counts leaves behind where its extremes and its mean are all that is asked for.
/// The sum holds 2^32 samples of any size.
struct Levels {
  std::uint64_t count = 0;
  std::uint64_t sum = 0;
  std::uint32_t min = 0;  ///< 0 if there is no sample
  std::uint32_t max = 0;

  void add(std::uint32_t level) noexcept {
    min = count == 0 ? level : std::min(min, level);
    max = std::max(max, level);
    ++count;
    sum += level;
  }

  friend bool operator==(const Levels&, const Levels&) = default;
};

/// What a set of times in nanoseconds leaves behind where skewness and kurtosis are not asked for:
/// half of a GapDistribution, and as exact.
struct TimeSpread {
  std::uint64_t count = 0;
  std::int64_t min = 0;  ///< 0 if there is no sample
  std::int64_t max = 0;
  WideInt<2> sum1;
  WideInt<3> sum2;

  void add(std::int64_t ns) noexcept {
    min = count == 0 ? ns : std::min(min, ns);
    max = count == 0 ? ns : std::max(max, ns);
    ++count;
    const std::uint64_t bits = static_cast<std::uint64_t>(ns);
    const std::uint64_t magnitude = ns < 0 ? 0 - bits : bits;
    const Product square = multiply(magnitude, magnitude);
    sum2.add(std::array{square.low, square.high});
    if (ns < 0) {
      sum1.subtract(std::array{magnitude});
    } else {
      sum1.add(std::array{magnitude});
    }
  }

  friend bool operator==(const TimeSpread&, const TimeSpread&) = default;
};

}  // namespace flowmeter
