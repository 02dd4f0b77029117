#include "stats/distribution.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>
#include <vector>

#include "stats_oracle.h"

namespace flowmeter {
namespace {

using test::BigInt;

constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();

template <std::size_t N>
BigInt value_of(const WideInt<N>& number) {
  BigInt value = 0;
  for (std::size_t i = N; i-- > 0;) value = (value << 64) | number.limbs[i];
  if (number.negative()) value -= BigInt(1) << (64 * N);
  return value;
}

template <class Sample>
BigInt power_sum(const std::vector<Sample>& samples, unsigned power) {
  BigInt sum = 0;
  for (const Sample sample : samples) sum += boost::multiprecision::pow(BigInt(sample), power);
  return sum;
}

template <class Dist, class Sample>
Dist distribution_of(const std::vector<Sample>& samples) {
  Dist distribution;
  for (const Sample sample : samples) distribution.add(sample);
  return distribution;
}

template <class Dist, class Sample>
void expect_exact(const std::vector<Sample>& samples) {
  const Dist distribution = distribution_of<Dist>(samples);
  ASSERT_EQ(distribution.count, samples.size());
  ASSERT_EQ(distribution.min, samples.empty() ? 0 : *std::min_element(samples.begin(), samples.end()));
  ASSERT_EQ(distribution.max, samples.empty() ? 0 : *std::max_element(samples.begin(), samples.end()));
  ASSERT_EQ(value_of(distribution.sum1), power_sum(samples, 1));
  ASSERT_EQ(value_of(distribution.sum2), power_sum(samples, 2));
  ASSERT_EQ(value_of(distribution.sum3), power_sum(samples, 3));
  ASSERT_EQ(value_of(distribution.sum4), power_sum(samples, 4));
}

/// A number of any magnitude, with either sign.
std::int64_t any_gap(std::mt19937_64& random) {
  const auto bits = static_cast<std::int64_t>(random());
  return bits >> (random() % 64);
}

TEST(WideInt, AddsAndSubtractsWithCarries) {
  WideInt<3> number;
  number.subtract(std::array<std::uint64_t, 1>{1});
  EXPECT_TRUE(number.negative());
  EXPECT_EQ(value_of(number), -1);
  number.add(std::array<std::uint64_t, 2>{1, 1});
  EXPECT_FALSE(number.negative());
  EXPECT_EQ(value_of(number), BigInt(1) << 64);
  number.subtract(std::array<std::uint64_t, 1>{1});
  EXPECT_EQ(value_of(number), (BigInt(1) << 64) - 1);
  number.add(std::array<std::uint64_t, 3>{1, ~std::uint64_t{0}, 0});
  EXPECT_EQ(value_of(number), BigInt(1) << 128);
}

TEST(WideInt, AddsAndSubtractsAsIntegersDo) {
  std::mt19937_64 random(1);
  WideInt<3> number;
  BigInt expected = 0;
  for (int i = 0; i < 10'000; ++i) {
    // All ones and zeros are frequent: carries run through.
    const auto limb = [&] {
      return random() % 3 == 0 ? 0 : random() % 3 == 0 ? ~std::uint64_t{0} : random();
    };
    const std::array<std::uint64_t, 2> term{limb(), limb()};
    const BigInt wide = (BigInt(term[1]) << 64) | term[0];
    if (random() % 2 == 0) {
      number.add(term);
      expected += wide;
    } else {
      number.subtract(term);
      expected -= wide;
    }
    ASSERT_EQ(value_of(number), expected);
  }
}

TEST(WideInt, MultipliesToTheLastBit) {
  std::mt19937_64 random(2);
  const auto expect_product = [](std::uint64_t a, std::uint64_t b) {
    const Product product = multiply(a, b);
    ASSERT_EQ((BigInt(product.high) << 64) | product.low, BigInt(a) * b);
  };
  expect_product(~std::uint64_t{0}, ~std::uint64_t{0});
  expect_product(0, ~std::uint64_t{0});
  for (int i = 0; i < 1000; ++i) expect_product(random(), random() >> (random() % 64));
}

TEST(Distribution, IsAllZeroWithoutSamples) {
  expect_exact<SizeDistribution>(std::vector<std::uint32_t>{});
  expect_exact<GapDistribution>(std::vector<std::int64_t>{});
}

TEST(Distribution, HoldsTheLargestSizes) {
  expect_exact<SizeDistribution>(std::vector<std::uint32_t>{0xffffffff});
  expect_exact<SizeDistribution>(std::vector<std::uint32_t>(1000, 0xffffffff));
  expect_exact<SizeDistribution>(std::vector<std::uint32_t>{0, 0xffffffff, 1, 0x80000000});
}

TEST(Distribution, HoldsTheLargestGapsOfBothSigns) {
  expect_exact<GapDistribution>(std::vector<std::int64_t>{least});
  expect_exact<GapDistribution>(std::vector<std::int64_t>{most});
  expect_exact<GapDistribution>(std::vector<std::int64_t>{least, most, -1, 0, 1});
  expect_exact<GapDistribution>(std::vector<std::int64_t>(1000, least));
  expect_exact<GapDistribution>(std::vector<std::int64_t>(1000, most));
}

TEST(Distribution, ZeroMayBeTheLargestOfNegativeGaps) {
  const auto gaps = distribution_of<GapDistribution>(std::vector<std::int64_t>{-5, -3});
  EXPECT_EQ(gaps.min, -5);
  EXPECT_EQ(gaps.max, -3);
}

TEST(Distribution, SumsAreExactForRandomSizes) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 100; ++round) {
    std::vector<std::uint32_t> samples(random() % 200);
    for (auto& sample : samples) sample = static_cast<std::uint32_t>(random() >> (32 + random() % 32));
    expect_exact<SizeDistribution>(samples);
  }
}

TEST(Distribution, SumsAreExactForRandomGaps) {
  std::mt19937_64 random(4);
  for (int round = 0; round < 100; ++round) {
    std::vector<std::int64_t> samples(random() % 200);
    for (auto& sample : samples) sample = any_gap(random);
    samples.insert(samples.end(), {least, most});
    expect_exact<GapDistribution>(samples);
  }
}

TEST(Distribution, TheOrderOfSamplesDoesNotMatter) {
  std::mt19937_64 random(5);
  std::vector<std::int64_t> samples(500);
  for (auto& sample : samples) sample = any_gap(random);
  const auto one = distribution_of<GapDistribution>(samples);
  std::shuffle(samples.begin(), samples.end(), random);
  EXPECT_EQ(distribution_of<GapDistribution>(samples), one);
}

TEST(Distribution, TheWayOfMergingDoesNotMatter) {
  std::mt19937_64 random(6);
  for (int round = 0; round < 50; ++round) {
    std::vector<std::int64_t> samples(random() % 30);
    for (auto& sample : samples) sample = any_gap(random);
    std::vector<GapDistribution> parts(4);
    for (const std::int64_t sample : samples) parts[random() % parts.size()].add(sample);
    // (a + b) + (c + d)
    GapDistribution left = parts[0], right = parts[2];
    left.merge(parts[1]);
    right.merge(parts[3]);
    left.merge(right);
    // d + (c + (b + a))
    GapDistribution other = parts[3], inner = parts[2], innermost = parts[1];
    innermost.merge(parts[0]);
    inner.merge(innermost);
    other.merge(inner);
    const auto whole = distribution_of<GapDistribution>(samples);
    ASSERT_EQ(left, whole);
    ASSERT_EQ(other, whole);
  }
}

TEST(Distribution, MergingNothingChangesNothing) {
  const auto samples = distribution_of<GapDistribution>(std::vector<std::int64_t>{-5, -3});
  GapDistribution merged = samples;
  merged.merge(GapDistribution{});
  EXPECT_EQ(merged, samples);
  GapDistribution empty;
  empty.merge(samples);
  EXPECT_EQ(empty, samples);
}

TEST(Distribution, HoldsAsManySamplesAsCanBeCounted) {
  SizeDistribution sizes;
  sizes.add(0xffffffff);
  GapDistribution gaps;
  gaps.add(least);
  for (int i = 0; i < 62; ++i) {
    sizes.merge(SizeDistribution(sizes));
    gaps.merge(GapDistribution(gaps));
  }
  const BigInt n = BigInt(1) << 62, size = 0xffffffff, gap = least;
  EXPECT_EQ(sizes.count, n);
  EXPECT_EQ(value_of(sizes.sum1), n * size);
  EXPECT_EQ(value_of(sizes.sum2), n * size * size);
  EXPECT_EQ(value_of(sizes.sum3), n * size * size * size);
  EXPECT_EQ(value_of(sizes.sum4), n * size * size * size * size);
  EXPECT_EQ(value_of(gaps.sum1), n * gap);
  EXPECT_EQ(value_of(gaps.sum2), n * gap * gap);
  EXPECT_EQ(value_of(gaps.sum3), n * gap * gap * gap);
  EXPECT_EQ(value_of(gaps.sum4), n * gap * gap * gap * gap);
}

}  // namespace
}  // namespace flowmeter
