#include "stats/double_double.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "stats_oracle.h"

namespace flowmeter {
namespace {

using test::exactly;
using test::Rational;

Rational value_of(DoubleDouble number) { return exactly(number.high) + exactly(number.low); }

/// |got / expected - 1| < 2^-100, the promise of the header.
void expect_close(DoubleDouble got, const Rational& expected) {
  const Rational error = abs(value_of(got) - expected);
  ASSERT_LT(error * (test::BigInt(1) << 100), abs(expected));
}

DoubleDouble any_number(std::mt19937_64& random) {
  const auto part = [&] { return std::ldexp(static_cast<double>(random() >> 11), -53) + 0.5; };
  const int exponent = static_cast<int>(random() % 200) - 100;
  const double high = std::ldexp(part(), exponent);
  return quick_sum(high, std::ldexp(part() - 1, exponent - 54));
}

TEST(DoubleDouble, SumsAndProductsOfDoublesAreExact) {
  std::mt19937_64 random(21);
  for (int i = 0; i < 1000; ++i) {
    const double a = any_number(random).high, b = any_number(random).high;
    ASSERT_EQ(value_of(exact_product(a, b)), exactly(a) * exactly(b));
    const double large = std::max(a, b), small = -std::min(a, b);
    const DoubleDouble sum = quick_sum(large, small);
    ASSERT_EQ(sum.high, large + small);
    ASSERT_TRUE(test::is_nearest(sum.high, exactly(large) + exactly(small)));
  }
}

TEST(DoubleDouble, OperationsKeepAHundredBits) {
  std::mt19937_64 random(22);
  for (int i = 0; i < 1000; ++i) {
    const DoubleDouble a = any_number(random), b = any_number(random);
    expect_close(a * b, value_of(a) * value_of(b));
    expect_close(a / b, value_of(a) / value_of(b));
    const Rational root = value_of(sqrt(a));
    ASSERT_LT(abs(root * root - value_of(a)) * (test::BigInt(1) << 99), value_of(a));
  }
}

}  // namespace
}  // namespace flowmeter
