#pragma once

#include <boost/multiprecision/cpp_int.hpp>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace flowmeter::test {

using BigInt = boost::multiprecision::cpp_int;
using Rational = boost::multiprecision::cpp_rational;

/// The double's value, exactly.
inline Rational exactly(double value) {
  int exponent = 0;
  const double fraction = std::frexp(value, &exponent);  // 0.5 <= |fraction| < 1
  const auto digits = static_cast<std::int64_t>(std::ldexp(fraction, 53));
  exponent -= 53;
  const BigInt power = BigInt(1) << std::abs(exponent);
  return exponent < 0 ? Rational(BigInt(digits), power) : Rational(digits * power);
}

/// n times the k-th power sum of the samples, and the like, as exact integers: n^k m_k.
struct ExactMoments {
  template <class Sample>
  explicit ExactMoments(const std::vector<Sample>& samples) : n(samples.size()) {
    BigInt s1 = 0, s2 = 0, s3 = 0, s4 = 0;
    for (const Sample sample : samples) s1 += BigInt(sample);
    sum = s1;
    // By definition, from the deviations: n (x - mean) is an integer.
    for (const Sample sample : samples) {
      const BigInt deviation = n * BigInt(sample) - s1;
      s2 += deviation * deviation;
      s3 += deviation * deviation * deviation;
      s4 += deviation * deviation * deviation * deviation;
    }
    m2 = s2;
    m3 = s3;
    m4 = s4;
  }

  BigInt n, sum;
  BigInt m2, m3, m4;  ///< n^3, n^4, n^5 times the central moments

  Rational mean(std::uint64_t scale) const { return Rational(sum, n * scale); }
  Rational variance(std::uint64_t scale) const { return Rational(m2, n * n * n * scale * scale); }
  /// Its sign is that of m3.
  Rational skewness_squared() const { return Rational(m3 * m3 * n, m2 * m2 * m2); }
  Rational kurtosis() const { return Rational(m4 * n, m2 * m2) - 3; }
};

inline bool odd(double value) {
  int exponent = 0;
  return static_cast<std::int64_t>(std::ldexp(std::frexp(value, &exponent), 53)) % 2 != 0;
}

/// Whether `value` is the double nearest to `exact`; of two equally near, the even one.
inline bool is_nearest(double value, const Rational& exact) {
  const double infinity = std::numeric_limits<double>::infinity();
  const Rational low = (exactly(std::nextafter(value, -infinity)) + exactly(value)) / 2;
  const Rational high = (exactly(std::nextafter(value, infinity)) + exactly(value)) / 2;
  return odd(value) ? low < exact && exact < high : low <= exact && exact <= high;
}

/// Whether `value` is the double nearest to the square root of `square`.
inline bool is_nearest_root(double value, const Rational& square) {
  if (value < 0) return false;
  const double infinity = std::numeric_limits<double>::infinity();
  const Rational low = (exactly(std::nextafter(value, -infinity)) + exactly(value)) / 2;
  const Rational high = (exactly(std::nextafter(value, infinity)) + exactly(value)) / 2;
  if (square == 0) return value == 0;
  return odd(value) ? low * low < square && square < high * high
                    : low * low <= square && square <= high * high;
}

}  // namespace flowmeter::test
