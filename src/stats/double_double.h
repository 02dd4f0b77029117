#pragma once

#include <cmath>

namespace flowmeter {

/// An unevaluated sum of two doubles: some 106 bits of precision, by Dekker's and Knuth's error-free
/// transformations (T. J. Dekker, "A floating-point technique for extending the available
/// precision", 1971). Needs IEEE doubles without excess precision and without contraction.
/// Relative errors of the operations below stay under 2^-100.
struct DoubleDouble {
  double high = 0;
  double low = 0;
};

/// a + b exactly, for |a| >= |b|.
[[nodiscard]] inline DoubleDouble quick_sum(double a, double b) noexcept {
  const double sum = a + b;
  return {sum, b - (sum - a)};
}

/// a * b exactly.
[[nodiscard]] inline DoubleDouble exact_product(double a, double b) noexcept {
  const double product = a * b;
  return {product, std::fma(a, b, -product)};
}

[[nodiscard]] inline DoubleDouble operator*(DoubleDouble a, DoubleDouble b) noexcept {
  const DoubleDouble product = exact_product(a.high, b.high);
  return quick_sum(product.high, product.low + (a.high * b.low + a.low * b.high));
}

[[nodiscard]] inline DoubleDouble operator-(DoubleDouble a, DoubleDouble b) noexcept {
  const double difference = a.high - b.high;
  const double part = difference - a.high;
  const double error = (a.high - (difference - part)) - (b.high + part);
  return quick_sum(difference, error + a.low - b.low);
}

[[nodiscard]] inline DoubleDouble operator/(DoubleDouble a, DoubleDouble b) noexcept {
  const double first = a.high / b.high;
  DoubleDouble rest = a - b * DoubleDouble{first, 0};
  const double second = rest.high / b.high;
  rest = rest - b * DoubleDouble{second, 0};
  const double third = rest.high / b.high;
  const DoubleDouble sum = quick_sum(first, second);
  return quick_sum(sum.high, sum.low + third);
}

[[nodiscard]] inline DoubleDouble sqrt(DoubleDouble a) noexcept {
  const double root = std::sqrt(a.high);
  const DoubleDouble rest = a - exact_product(root, root);
  return quick_sum(root, rest.high / (2 * root));
}

}  // namespace flowmeter
