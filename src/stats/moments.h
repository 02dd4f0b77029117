#pragma once

#include <cstdint>

#include "stats/distribution.h"
#include "stats/levels.h"

namespace flowmeter {

/// Population statistics of a set of samples: each the double that is nearest to the exact value.
struct Moments {
  double mean = 0;
  double std = 0;        ///< sqrt(m2), with m_k the k-th central moment (divided by n)
  double skewness = 0;   ///< m3 / m2^1.5; 0 if all samples are equal
  double kurtosis = -3;  ///< m4 / m2^2 - 3; -3 if all samples are equal or there is none
};

/// In bytes.
[[nodiscard]] Moments moments(const SizeDistribution& sizes);

/// In seconds (skewness and kurtosis have no unit).
[[nodiscard]] Moments moments(const GapDistribution& gaps);

/// Nanoseconds in a unit of time.
enum class TimeUnit : std::uint64_t {
  microsecond = 1'000,
  millisecond = 1'000'000,
  second = 1'000'000'000,
};

/// Statistics of samples that stand for a larger population: the variance divides by n - 1 and is 0
/// for fewer than two samples, like the mean for none. Each is the double nearest to the exact value;
/// in bytes or in the unit of time, the variance in its square.
[[nodiscard]] double mean(const SizeDistribution& sizes);
[[nodiscard]] double mean(const GapDistribution& gaps, TimeUnit unit);
[[nodiscard]] double sample_variance(const SizeDistribution& sizes);
[[nodiscard]] double sample_variance(const GapDistribution& gaps, TimeUnit unit);
[[nodiscard]] double sample_std(const SizeDistribution& sizes);
[[nodiscard]] double sample_std(const GapDistribution& gaps, TimeUnit unit);

/// Mean and population standard deviation, each the double that is nearest to the exact value.
struct MeanStd {
  double mean = 0;
  double std = 0;
};
[[nodiscard]] MeanStd mean_std(const TimeSpread& times, TimeUnit unit);

/// Nanoseconds as seconds: the double nearest to the exact value.
[[nodiscard]] double seconds(std::int64_t ns);

/// Likewise as microseconds.
[[nodiscard]] double microseconds(std::int64_t ns);

/// The double nearest to the exact quotient; 0 if the divisor is 0.
[[nodiscard]] double quotient(std::int64_t numerator, std::int64_t divisor);

/// How much a second, over that many nanoseconds: the double nearest to the exact value; 0 over no time.
[[nodiscard]] double per_second(std::uint64_t amount, std::int64_t ns);

}  // namespace flowmeter
