#include "capture/kept_frames.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "capture/pair_set.h"

namespace flowmeter::test {
namespace {

constexpr std::size_t most_records = 4096;
constexpr std::size_t most_bytes = std::size_t{8} << 20;

TEST(KeptFrames, AreKeptVerbatimAndInOrder) {
  KeptFrames fragments;
  EXPECT_EQ(fragments.size(), 0U);
  fragments.keep("one", 7, 1);
  fragments.keep("", 8, 2);
  fragments.keep("three", 9, 3);
  ASSERT_EQ(fragments.size(), 3U);
  EXPECT_EQ(fragments.record(0), "one");
  EXPECT_EQ(fragments.record(1), "");
  EXPECT_EQ(fragments.record(2), "three");
  EXPECT_EQ(fragments.pair(2), 9U);
  EXPECT_EQ(fragments.datagram(2), 3U);
  fragments.clear();
  EXPECT_EQ(fragments.size(), 0U);
}

TEST(KeptFrames, TheOldestGoWhenThereAreTooMany) {
  KeptFrames fragments;
  for (std::uint32_t i = 0; i < 3 * most_records; ++i) {
    fragments.keep(std::to_string(i), 1, i);
    EXPECT_LE(fragments.size(), most_records);
    EXPECT_GE(fragments.size(), std::min<std::size_t>(i + 1, most_records * 7 / 8));
    EXPECT_EQ(fragments.record(fragments.size() - 1), std::to_string(i));
  }
  for (std::size_t i = 1; i < fragments.size(); ++i) {
    EXPECT_EQ(fragments.datagram(i), fragments.datagram(i - 1) + 1);
    EXPECT_EQ(fragments.record(i), std::to_string(fragments.datagram(i)));
  }
}

TEST(KeptFrames, TheOldestGoWhenTheyAreTooLarge) {
  KeptFrames fragments;
  const std::string large(most_bytes / 20, 'x');
  for (std::uint32_t i = 0; i < 100; ++i) {
    fragments.keep(large, 1, i);
    EXPECT_LE(fragments.size(), 20U);
  }
  EXPECT_GE(fragments.size(), 16U);
  EXPECT_EQ(fragments.datagram(fragments.size() - 1), 99U);
  fragments.keep(std::string(most_bytes, 'y'), 1, 100);
  EXPECT_EQ(fragments.size(), 1U);
  fragments.keep(std::string(most_bytes + 1, 'z'), 1, 101);
  EXPECT_EQ(fragments.size(), 1U);
}

TEST(KeptFrames, ADatagramGoesAsAWhole) {
  KeptFrames fragments;
  fragments.keep("first", 1, 0);
  for (std::uint32_t i = 1; i < most_records - 1; ++i) fragments.keep("other", 1, i);
  fragments.keep("last", 1, 0);
  fragments.keep("more", 1, most_records);
  for (std::size_t i = 0; i < fragments.size(); ++i) EXPECT_NE(fragments.datagram(i), 0U);
  EXPECT_EQ(fragments.record(fragments.size() - 1), "more");
}

TEST(PairSet, HoldsUpToItsLimit) {
  constexpr std::size_t limit = 1000;
  PairSet pairs(limit);
  EXPECT_FALSE(pairs.contains(0));
  EXPECT_FALSE(pairs.contains(1));
  for (std::uint64_t i = 0; i < limit; ++i) {
    const std::uint64_t hash = (i % 3 == 0 ? i : i << 40U) + 2;
    EXPECT_FALSE(pairs.contains(hash));
    EXPECT_TRUE(pairs.add(hash));
  }
  EXPECT_EQ(pairs.size(), limit);
  EXPECT_FALSE(pairs.add(5000));
  EXPECT_FALSE(pairs.contains(5000));
  for (std::uint64_t i = 0; i < limit; ++i) {
    EXPECT_TRUE(pairs.contains((i % 3 == 0 ? i : i << 40U) + 2));
  }
}

TEST(PairSet, TakesZeroAsAnyOther) {
  PairSet pairs(2);
  EXPECT_TRUE(pairs.add(0));
  EXPECT_TRUE(pairs.contains(0));
  EXPECT_FALSE(pairs.contains(2));
  EXPECT_TRUE(pairs.add(2));
  EXPECT_FALSE(pairs.add(3));
}

}  // namespace
}  // namespace flowmeter::test
