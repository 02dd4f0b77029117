#pragma once

#include "stats/decimal.h"

namespace flowmeter {

/// A quotient of integers of any size. The denominator is positive.
struct Ratio {
  Integer numerator;
  Integer denominator = 1;
};

[[nodiscard]] Ratio ratio_of(const Decimal& number);

/// The double nearest to the ratio; the largest one for what is beyond it.
[[nodiscard]] double nearest(const Ratio& ratio);

/// The double nearest to the square root of the ratio, which is not negative.
[[nodiscard]] double nearest_root(const Ratio& ratio);

}  // namespace flowmeter
