#pragma once

#include <array>
#include <cstdint>
#include <tuple>

#include "stats/ratio.h"

namespace flowmeter {

/// What a set of decimal numbers leaves behind: count, extremes and exact power sums, from which all
/// moments follow, each rounded once. The order of the samples makes no difference.
class DecimalSums {
 public:
  void add(const Decimal& sample);
  void merge(const DecimalSums& other);

  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }

  static constexpr auto members() {
    return std::tuple(&DecimalSums::count_, &DecimalSums::min_, &DecimalSums::max_, &DecimalSums::scale_,
                      &DecimalSums::sums_);
  }

  // All that follows is of at least one sample.

  [[nodiscard]] const Decimal& min() const noexcept { return min_; }
  [[nodiscard]] const Decimal& max() const noexcept { return max_; }
  [[nodiscard]] Ratio sum() const;
  [[nodiscard]] Ratio mean() const;
  [[nodiscard]] Ratio variance() const;         ///< of the population: m2
  [[nodiscard]] Ratio sample_variance() const;  ///< divided by n - 1; 0 for one sample
  [[nodiscard]] double skewness() const;        ///< m3 / m2^1.5; 0 if all are equal
  [[nodiscard]] double kurtosis() const;        ///< m4 / m2^2 - 3; -3 if all are equal
  [[nodiscard]] double variation() const;       ///< standard deviation / mean; 0 if the mean is 0

 private:
  /// Takes at least as many decimals.
  void widen(unsigned scale);

  /// n^2 m2 in units of 10^(-2 scale).
  [[nodiscard]] Integer second() const;

  std::uint64_t count_ = 0;
  Decimal min_, max_;
  unsigned scale_ = 0;
  std::array<Integer, 4> sums_;  // of the first to fourth powers of the samples times 10^scale
};

}  // namespace flowmeter
