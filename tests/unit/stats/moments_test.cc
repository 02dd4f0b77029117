#include "stats/moments.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <type_traits>
#include <vector>

#include "stats_oracle.h"

namespace flowmeter {
namespace {

using test::ExactMoments;
using test::is_nearest;
using test::is_nearest_root;
using test::Rational;

using Sizes = std::vector<std::uint32_t>;
using Gaps = std::vector<std::int64_t>;

constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();

Moments moments_of(const Sizes& samples) {
  SizeDistribution distribution;
  for (const std::uint32_t sample : samples) distribution.add(sample);
  return moments(distribution);
}

Moments moments_of(const Gaps& samples) {
  GapDistribution distribution;
  for (const std::int64_t sample : samples) distribution.add(sample);
  return moments(distribution);
}

/// Each of the moments is the double nearest to its exact value.
template <class Samples>
void expect_nearest(const Samples& samples, std::uint64_t scale) {
  const Moments got = moments_of(samples);
  const ExactMoments exact(samples);
  const std::string seen = testing::PrintToString(samples).substr(0, 2000);
  ASSERT_TRUE(is_nearest(got.mean, exact.mean(scale))) << "mean " << got.mean << " of " << seen;
  ASSERT_TRUE(is_nearest_root(got.std, exact.variance(scale))) << "std " << got.std << " of " << seen;
  if (exact.m2 == 0) {
    ASSERT_EQ(got.skewness, 0) << seen;
    ASSERT_EQ(got.kurtosis, -3) << seen;
    return;
  }
  ASSERT_TRUE(is_nearest_root(std::fabs(got.skewness), exact.skewness_squared()))
      << "skewness " << got.skewness << " of " << seen;
  ASSERT_EQ(got.skewness < 0, exact.m3 < 0) << seen;
  ASSERT_TRUE(is_nearest(got.kurtosis, exact.kurtosis())) << "kurtosis " << got.kurtosis << " of " << seen;
}

void expect_nearest_sizes(const Sizes& samples) { expect_nearest(samples, 1); }
void expect_nearest_gaps(const Gaps& samples) { expect_nearest(samples, 1'000'000'000); }

void expect_constant(const Moments& got, double mean) {
  EXPECT_EQ(got.mean, mean);
  EXPECT_EQ(got.std, 0);
  EXPECT_EQ(got.skewness, 0);
  EXPECT_EQ(got.kurtosis, -3);
}

TEST(Oracle, TellsTheNearestDoubleFromItsNeighbours) {
  const Rational third(1, 3);
  EXPECT_TRUE(is_nearest(1.0 / 3, third));
  EXPECT_FALSE(is_nearest(std::nextafter(1.0 / 3, 0), third));
  EXPECT_FALSE(is_nearest(std::nextafter(1.0 / 3, 1), third));
  EXPECT_TRUE(is_nearest_root(std::sqrt(2.0), 2));
  EXPECT_FALSE(is_nearest_root(std::nextafter(std::sqrt(2.0), 0), 2));
  EXPECT_FALSE(is_nearest_root(std::nextafter(std::sqrt(2.0), 2), 2));
  const Rational between = (test::exactly(1) + test::exactly(std::nextafter(1.0, 2))) / 2;
  EXPECT_TRUE(is_nearest(1, between));
  EXPECT_FALSE(is_nearest(std::nextafter(1.0, 2), between));
}

TEST(Moments, NoSampleIsAllZeroButTheKurtosis) {
  expect_constant(moments_of(Sizes{}), 0);
  expect_constant(moments_of(Gaps{}), 0);
}

TEST(Moments, OneSampleIsItsMean) {
  expect_constant(moments_of(Sizes{1514}), 1514);
  expect_constant(moments_of(Gaps{39'291'917'000}), 39.291917);
  expect_constant(moments_of(Gaps{-1}), -1e-9);
  expect_constant(moments_of(Gaps{least}), -9223372036.854775808);
}

TEST(Moments, EqualSamplesHaveNoSpread) {
  expect_constant(moments_of(Sizes(10'001, 66)), 66);
  expect_constant(moments_of(Sizes(3, 0)), 0);
  expect_constant(moments_of(Sizes(3, 0xffffffff)), 4294967295.0);
  expect_constant(moments_of(Gaps(7, 100'000'000)), 0.1);
  expect_constant(moments_of(Gaps(1001, most)), 9223372036.854775807);
  expect_constant(moments_of(Gaps(1001, least)), -9223372036.854775808);
}

TEST(Moments, AreThoseOfAHandMadeSet) {
  // 1 2 3 4 10: mean 4, m2 10, m3 36, m4 278.8 (numpy: std 3.1622776601683795)
  const Moments got = moments_of(Sizes{1, 2, 3, 4, 10});
  EXPECT_EQ(got.mean, 4);
  EXPECT_EQ(got.std, 3.1622776601683795);
  EXPECT_EQ(got.skewness, 1.1384199576606167);
  EXPECT_EQ(got.kurtosis, -0.212);
}

TEST(Moments, GapsAreInSeconds) {
  const Moments got =
      moments_of(Gaps{1'000'000'000, 2'000'000'000, 3'000'000'000, 4'000'000'000, 10'000'000'000});
  EXPECT_EQ(got.mean, 4);
  EXPECT_EQ(got.std, 3.1622776601683795);
  EXPECT_EQ(got.skewness, 1.1384199576606167);
  EXPECT_EQ(got.kurtosis, -0.212);
}

TEST(Moments, ASymmetricSetHasNoSkewness) {
  EXPECT_EQ(moments_of(Sizes{1, 2, 3}).skewness, 0);
  EXPECT_EQ(moments_of(Gaps{least + 1, most, 0}).skewness, 0);
  EXPECT_EQ(moments_of(Sizes{10, 30}).kurtosis, -2);
}

TEST(Moments, OfSmallSetsOfSizesAreNearest) {
  std::mt19937_64 random(11);
  for (int round = 0; round < 600; ++round) {
    Sizes samples(1 + random() % 12);
    for (auto& sample : samples) sample = static_cast<std::uint32_t>(54 + random() % 1461);
    expect_nearest_sizes(samples);
  }
}

TEST(Moments, OfSizesOfAnyMagnitudeAreNearest) {
  std::mt19937_64 random(12);
  for (int round = 0; round < 200; ++round) {
    Sizes samples(1 + random() % 60);
    for (auto& sample : samples) sample = static_cast<std::uint32_t>(random() >> (32 + random() % 32));
    expect_nearest_sizes(samples);
  }
}

TEST(Moments, OfGapsOfAnyMagnitudeAreNearest) {
  std::mt19937_64 random(13);
  for (int round = 0; round < 300; ++round) {
    Gaps samples(1 + random() % 40);
    const std::uint64_t shift = random() % 60;
    for (auto& sample : samples) {
      sample = static_cast<std::int64_t>(random()) >> (shift + random() % 4);
    }
    expect_nearest_gaps(samples);
  }
}

TEST(Moments, OfFewDistinctGapsAreNearest) {
  std::mt19937_64 random(14);
  for (int round = 0; round < 300; ++round) {
    const auto base = static_cast<std::int64_t>(random() >> (1 + random() % 60));
    Gaps samples(2 + random() % 10, base);
    samples[random() % samples.size()] -= static_cast<std::int64_t>(random() % 3);
    expect_nearest_gaps(samples);
  }
}

TEST(Moments, OfHugeValuesCloseTogetherAreNearest) {
  // Deviations of a few nanoseconds beside values of 292 years: everything cancels.
  expect_nearest_gaps({most, most - 1, most - 2, most - 5});
  expect_nearest_gaps({least, least + 1, least + 3});
  expect_nearest_gaps({1'000'000'000'000'000'000, 1'000'000'000'000'000'001, 1'000'000'000'000'000'003});
  expect_nearest_sizes({0xffffffff, 0xfffffffe, 0xffffffff, 0xfffffff0});
}

TEST(Moments, OfTheExtremesAreNearest) {
  expect_nearest_gaps({least, most});
  expect_nearest_gaps({least, least, most, 0});
  expect_nearest_gaps({least, most, most, most, -1, 1});
  expect_nearest_sizes({0, 0xffffffff});
}

TEST(Moments, AreNearestWhereNarrowNumbersGiveWayToWideOnes) {
  // n * max around 2^30.
  for (const std::int64_t value : {(1 << 28) - 1, 1 << 28, (1 << 28) + 1}) {
    expect_nearest_gaps({value, 0, -value, 1});
    expect_nearest_gaps({-value, -value, value, -1});
  }
  for (const std::uint32_t value : {(1U << 28) - 1, 1U << 28, (1U << 28) + 1}) {
    expect_nearest_sizes({value, 0, 0, value - 1});
  }
}

/// `count` times the sample.
SizeDistribution repeated(std::uint32_t sample, std::uint64_t count) {
  SizeDistribution power, all;
  power.add(sample);
  for (; count != 0; count >>= 1) {
    if ((count & 1) != 0) all.merge(power);
    power.merge(SizeDistribution(power));
  }
  return all;
}

TEST(Moments, AMeanHalfWayBetweenTwoDoublesGoesToTheEvenOne) {
  // 2^22 sizes whose sum is odd and has 54 bits.
  constexpr std::uint64_t n = std::uint64_t{1} << 22;
  for (const std::uint32_t last : {0xfffffffcU, 0xfffffffdU, 0xfffffffeU, 0xffffffffU}) {
    SizeDistribution sizes = repeated(0xffffffff, n - 1);
    sizes.add(last);
    const test::BigInt sum = (n - 1) * test::BigInt(0xffffffff) + last;
    EXPECT_TRUE(is_nearest(moments(sizes).mean, Rational(sum, n))) << last;
  }
}

TEST(Moments, OfVeryManySamplesAreNearest) {
  const std::uint64_t n = std::uint64_t{1} << 62;
  SizeDistribution sizes = repeated(0xffffffff, n);
  sizes.merge(repeated(64, n));
  const Moments got = moments(sizes);
  EXPECT_EQ(got.mean, 2147483679.5);
  EXPECT_EQ(got.std, 2147483615.5);
  EXPECT_EQ(got.skewness, 0);
  EXPECT_EQ(got.kurtosis, -2);
}

TEST(Moments, DoNotDependOnTheWayOfMerging) {
  std::mt19937_64 random(15);
  Gaps samples(1000);
  for (auto& sample : samples) sample = static_cast<std::int64_t>(random() >> 20);
  GapDistribution one, left, right;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    one.add(samples[i]);
    (i % 3 == 0 ? left : right).add(samples[samples.size() - 1 - i]);
  }
  right.merge(left);
  const Moments a = moments(one), b = moments(right);
  EXPECT_EQ(a.mean, b.mean);
  EXPECT_EQ(a.std, b.std);
  EXPECT_EQ(a.skewness, b.skewness);
  EXPECT_EQ(a.kurtosis, b.kurtosis);
}

TEST(MeanStd, AreNearestInAnyUnit) {
  std::mt19937_64 random(17);
  for (int round = 0; round < 300; ++round) {
    Gaps samples(1 + random() % 20);
    const std::uint64_t shift = random() % 60;
    TimeSpread spread;
    for (auto& sample : samples) {
      sample = static_cast<std::int64_t>(random()) >> (shift + random() % 4);
      spread.add(sample);
    }
    const ExactMoments exact(samples);
    for (const TimeUnit time : {TimeUnit::microsecond, TimeUnit::millisecond, TimeUnit::second}) {
      const auto unit = static_cast<std::uint64_t>(time);
      const MeanStd got = mean_std(spread, time);
      ASSERT_TRUE(is_nearest(got.mean, exact.mean(unit))) << testing::PrintToString(samples);
      ASSERT_TRUE(is_nearest_root(got.std, exact.variance(unit))) << testing::PrintToString(samples);
    }
    ASSERT_EQ(spread.min, *std::min_element(samples.begin(), samples.end()));
    ASSERT_EQ(spread.max, *std::max_element(samples.begin(), samples.end()));
  }
  EXPECT_EQ(mean_std({}, TimeUnit::second).mean, 0);
  EXPECT_EQ(mean_std({}, TimeUnit::second).std, 0);
}

TEST(Levels, KeepExtremesAndSum) {
  Levels levels;
  for (const std::uint32_t level : {7U, 4'294'967'295U, 3U}) levels.add(level);
  EXPECT_EQ(levels, (Levels{3, 4'294'967'305U, 3, 4'294'967'295U}));
}

TEST(Seconds, AreNearest) {
  EXPECT_EQ(seconds(39'291'917'000), 39.291917);
  EXPECT_EQ(seconds(0), 0);
  EXPECT_EQ(seconds(1), 1e-9);
  EXPECT_EQ(seconds(-1), -1e-9);
  std::mt19937_64 random(16);
  constexpr std::int64_t exact = std::int64_t{1} << 53;
  std::vector<std::int64_t> times = {
      least, most, least + 1, exact, -exact, exact - 1, exact + 1, -exact - 1, 9'007'199'254'740'993};
  for (int i = 0; i < 2000; ++i) {
    times.push_back(static_cast<std::int64_t>(random()) >> (random() % 64));
  }
  for (const std::int64_t time : times) {
    ASSERT_TRUE(is_nearest(seconds(time), Rational(time, 1'000'000'000))) << time;
  }
}

template <class Samples>
auto distribution_of(const Samples& samples) {
  std::conditional_t<std::is_same_v<Samples, Sizes>, SizeDistribution, GapDistribution> distribution;
  for (const auto sample : samples) distribution.add(sample);
  return distribution;
}

/// (n - 1)-variance, exactly.
template <class Samples>
Rational exact_sample_variance(const Samples& samples, std::uint64_t scale) {
  const ExactMoments exact(samples);
  if (exact.n < 2) return 0;
  return exact.variance(scale) * exact.n / (exact.n - 1);
}

void expect_nearest_sample(const Sizes& samples) {
  const SizeDistribution sizes = distribution_of(samples);
  const Rational variance = exact_sample_variance(samples, 1);
  const std::string seen = testing::PrintToString(samples).substr(0, 2000);
  ASSERT_TRUE(is_nearest(mean(sizes), ExactMoments(samples).mean(1))) << seen;
  ASSERT_TRUE(is_nearest(sample_variance(sizes), variance)) << seen;
  ASSERT_TRUE(is_nearest_root(sample_std(sizes), variance)) << seen;
}

void expect_nearest_sample(const Gaps& samples) {
  const GapDistribution gaps = distribution_of(samples);
  const std::string seen = testing::PrintToString(samples).substr(0, 2000);
  for (const TimeUnit unit : {TimeUnit::microsecond, TimeUnit::millisecond, TimeUnit::second}) {
    const auto scale = static_cast<std::uint64_t>(unit);
    ASSERT_TRUE(is_nearest(mean(gaps, unit), ExactMoments(samples).mean(scale))) << seen;
    const Rational variance = exact_sample_variance(samples, scale);
    ASSERT_TRUE(is_nearest(sample_variance(gaps, unit), variance)) << seen;
    ASSERT_TRUE(is_nearest_root(sample_std(gaps, unit), variance)) << seen;
  }
}

TEST(SampleStatistics, AreThoseOfAHandMadeSet) {
  // 1 2 3 4 10: squared deviations add up to 50 (statistics.variance: 12.5)
  const SizeDistribution sizes = distribution_of(Sizes{1, 2, 3, 4, 10});
  EXPECT_EQ(mean(sizes), 4);
  EXPECT_EQ(sample_variance(sizes), 12.5);
  EXPECT_EQ(sample_std(sizes), 3.5355339059327378);
  const GapDistribution gaps = distribution_of(Gaps{1'000, 2'000, 3'000, 4'000, 10'000});
  EXPECT_EQ(mean(gaps, TimeUnit::microsecond), 4);
  EXPECT_EQ(sample_std(gaps, TimeUnit::microsecond), 3.5355339059327378);
  EXPECT_EQ(mean(gaps, TimeUnit::millisecond), 0.004);
}

TEST(SampleStatistics, OfFewerThanTwoSamplesHaveNoSpread) {
  for (const Sizes& samples : {Sizes{}, Sizes{1514}}) {
    EXPECT_EQ(sample_std(distribution_of(samples)), 0);
    EXPECT_EQ(sample_variance(distribution_of(samples)), 0);
    EXPECT_EQ(mean(distribution_of(samples)), samples.empty() ? 0 : 1514);
  }
  EXPECT_EQ(sample_std(distribution_of(Gaps{7}), TimeUnit::microsecond), 0);
  EXPECT_EQ(mean(distribution_of(Gaps{7}), TimeUnit::microsecond), 0.007);
  EXPECT_EQ(sample_std(distribution_of(Gaps(6, 10'000'000)), TimeUnit::microsecond), 0);
}

TEST(SampleStatistics, AreNearest) {
  std::mt19937_64 random(17);
  for (int round = 0; round < 300; ++round) {
    Sizes sizes(1 + random() % 40);
    for (auto& size : sizes) size = static_cast<std::uint32_t>(random() >> (32 + random() % 32));
    expect_nearest_sample(sizes);
    Gaps gaps(1 + random() % 40);
    const std::uint64_t shift = random() % 60;
    for (auto& gap : gaps) gap = static_cast<std::int64_t>(random()) >> (shift + random() % 4);
    expect_nearest_sample(gaps);
  }
  expect_nearest_sample(Gaps{least, most, most, most, -1, 1});
  expect_nearest_sample(Gaps{most, most - 1, most - 2});
  expect_nearest_sample(Sizes{0, 0xffffffff, 0xffffffff});
}

TEST(Quotient, IsNearest) {
  EXPECT_EQ(quotient(6, 5), 1.2);
  EXPECT_EQ(quotient(0, 5), 0);
  EXPECT_EQ(quotient(5, 0), 0);
  EXPECT_EQ(microseconds(420'000'001), 420000.001);
  std::mt19937_64 random(18);
  for (int round = 0; round < 1000; ++round) {
    const auto a = static_cast<std::int64_t>(random()) >> (random() % 64);
    const auto b = static_cast<std::int64_t>(random()) >> (random() % 63);
    if (b == 0) continue;
    ASSERT_TRUE(is_nearest(quotient(a, b), Rational(a) / b)) << a << " / " << b;
  }
}

TEST(PerSecond, IsNearest) {
  EXPECT_EQ(per_second(200, 420'000'000), 476.1904761904762);
  EXPECT_EQ(per_second(3, -2'000'000'000), -1.5);
  EXPECT_EQ(per_second(3, 0), 0);
  std::mt19937_64 random(19);
  for (int round = 0; round < 1000; ++round) {
    const std::uint64_t a = random() >> (random() % 64);
    const auto ns = static_cast<std::int64_t>(random()) >> (random() % 63);
    if (ns == 0) continue;
    ASSERT_TRUE(is_nearest(per_second(a, ns), Rational(a) * 1'000'000'000 / ns)) << a << " in " << ns;
  }
}

TEST(Quotient, IsNearestAtAllSizes) {
  EXPECT_EQ(quotient(1, 3), 1.0 / 3);
  EXPECT_EQ(quotient(-7, 2), -3.5);
  EXPECT_EQ(quotient(5, 0), 0);
  EXPECT_EQ(quotient(0, -5), 0);
  // Converted to doubles first these would be 1 too many, or too few.
  EXPECT_EQ(quotient((std::int64_t{1} << 53) + 1, 3), 3002399751580331.0);
  EXPECT_EQ(microseconds(9'007'199'254'740'993), 9007199254740.993);
}

TEST(PerSecond, IsNearestAtAllSizes) {
  EXPECT_EQ(per_second(8 * 60, 500'000'000), 960);
  EXPECT_EQ(per_second(1, 3), 333333333.3333333);
  EXPECT_EQ(per_second(1, -1'000'000'000), -1);
  EXPECT_EQ(per_second(1, 0), 0);
  EXPECT_EQ(per_second(std::uint64_t{1} << 63, 1), 9223372036854775808e9);
}

}  // namespace
}  // namespace flowmeter
