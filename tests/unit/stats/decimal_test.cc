#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "stats/decimal_sums.h"
#include "stats/entropy.h"

namespace flowmeter {
namespace {

/// "mantissa/scale", or "-" for what is no number.
std::string read(std::string_view text) {
  const auto number = parse_decimal(text);
  return number ? number->mantissa.str() + "/" + std::to_string(number->scale) : "-";
}

TEST(Decimal, ReadsWhatTsharkPrints) {
  EXPECT_EQ(read("64"), "64/0");
  EXPECT_EQ(read("-5"), "-5/0");
  EXPECT_EQ(read("0x0018"), "24/0");
  EXPECT_EQ(read("True"), "1/0");
  EXPECT_EQ(read("False"), "0/0");
  EXPECT_EQ(read("0.001500000"), "15/4");
  EXPECT_EQ(read("1795447212.616134000"), "1795447212616134/6");
  EXPECT_EQ(read("1e3"), "1000/0");
  EXPECT_EQ(read("12.5e-2"), "125/3");
  EXPECT_EQ(read(".5"), "5/1");
  EXPECT_EQ(read("5."), "5/0");
  EXPECT_EQ(read("0100"), "100/0");
  EXPECT_EQ(read("-0.0"), "0/0");
  EXPECT_EQ(read("100000000000000000000000"), "100000000000000000000000/0");
  EXPECT_EQ(read("0xffffffffffffffffffff"), "1208925819614629174706175/0");
}

TEST(Decimal, RefusesOtherText) {
  for (const char* text : {"", "-", ".", "e5", "1e", "1e+", "1 ", " 1", "1,5", "0x", "0xg", "-0x1", "nan",
                           "inf", "true", "10.0.0.1", "1.2.3"}) {
    EXPECT_EQ(read(text), "-") << text;
  }
}

TEST(Decimal, IsBounded) {
  EXPECT_EQ(read("1e99999999"), "-");
  EXPECT_EQ(read("1e-99999999999999999999"), "-");
  EXPECT_EQ(read(std::string(most_digits + 1, '1')), "-");
}

TEST(Decimal, Compares) {
  const auto less = [](const char* a, const char* b) {
    return compare(*parse_decimal(a), *parse_decimal(b)) < 0;
  };
  EXPECT_TRUE(less("0.9", "1"));
  EXPECT_TRUE(less("-1", "-0.9"));
  EXPECT_FALSE(less("1.0", "1"));
  EXPECT_TRUE(less("1", "1.0000000001"));
}

DecimalSums sums_of(const std::vector<const char*>& samples) {
  DecimalSums sums;
  for (const char* sample : samples) sums.add(*parse_decimal(sample));
  return sums;
}

TEST(DecimalSums, AreExactWhateverTheOrderOfTheDecimals) {
  for (const auto& samples :
       std::vector<std::vector<const char*>>{{"1", "0.1", "0.25"}, {"0.25", "1", "0.1"}}) {
    const DecimalSums sums = sums_of(samples);
    EXPECT_EQ(sums.count(), 3U);
    EXPECT_EQ(nearest(sums.sum()), 1.35);
    EXPECT_EQ(nearest(sums.mean()), 0.45);
    EXPECT_EQ(nearest(ratio_of(sums.min())), 0.1);
    EXPECT_EQ(nearest(ratio_of(sums.max())), 1);
    EXPECT_EQ(nearest(sums.variance()), 0.155);
    EXPECT_EQ(nearest(sums.sample_variance()), 0.2325);
  }
}

TEST(DecimalSums, OfEqualSamplesHaveNoSpread) {
  const DecimalSums sums = sums_of({"0.1", "0.1", "0.1"});
  EXPECT_EQ(nearest_root(sums.variance()), 0);
  EXPECT_EQ(sums.skewness(), 0);
  EXPECT_EQ(sums.kurtosis(), -3);
  EXPECT_EQ(sums.variation(), 0);
}

TEST(DecimalSums, HaveMoments) {
  const DecimalSums sums = sums_of({"1", "2", "3", "10"});  // mean 4, m2 12.5, m3 45, m4 348.5
  EXPECT_EQ(nearest_root(sums.variance()), std::sqrt(12.5));
  EXPECT_DOUBLE_EQ(sums.skewness(), 45 / std::pow(12.5, 1.5));
  EXPECT_DOUBLE_EQ(sums.kurtosis(), 348.5 / (12.5 * 12.5) - 3);
  EXPECT_DOUBLE_EQ(sums.variation(), std::sqrt(12.5) / 4);
  EXPECT_LT(sums_of({"-1", "-2"}).variation(), 0);
}

TEST(Ratio, IsRoundedToTheNearestDouble) {
  EXPECT_EQ(nearest({1, 3}), 1.0 / 3);
  EXPECT_EQ(nearest({-2, 3}), -2.0 / 3);
  EXPECT_EQ(nearest({Integer("9007199254740993"), 1}), 9007199254740992.0);  // 2^53 + 1: to even
  EXPECT_EQ(nearest_root({2, 1}), std::sqrt(2.0));
  EXPECT_EQ(nearest({power_of_ten(400), 1}), std::numeric_limits<double>::max());
}

TEST(Entropy, IsInBits) {
  EXPECT_EQ(entropy_bits({}), 0);
  EXPECT_EQ(entropy_bits({7}), 0);
  EXPECT_EQ(entropy_bits({1, 1, 1, 1}), 2);
  EXPECT_EQ(entropy_bits({2, 0, 1, 1}), 1.5);
}

}  // namespace
}  // namespace flowmeter
