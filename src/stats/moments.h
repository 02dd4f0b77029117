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

/// Mean and population standard deviation, each the double that is nearest to the exact value.
struct MeanStd {
  double mean = 0;
  double std = 0;
};

/// In units of `unit_ns` nanoseconds.
[[nodiscard]] MeanStd mean_std(const TimeSpread& times, std::uint64_t unit_ns);

/// The double nearest to the exact quotient; 0 if the denominator is 0.
[[nodiscard]] double quotient(std::int64_t numerator, std::uint64_t denominator);

/// Nanoseconds as seconds: the double nearest to the exact value.
[[nodiscard]] double seconds(std::int64_t ns);

}  // namespace flowmeter
