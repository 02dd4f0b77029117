#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "packet/stream_ranks.h"

namespace flowmeter {
namespace {

std::uint64_t rank(StreamRanks& ranks, std::uint64_t stream, Transport transport = Transport::tcp) {
  Packet header;
  header.key = {transport, stream};
  return ranks.translate(header, false);
}

TEST(StreamRanks, FollowTheFirstAppearance) {
  StreamRanks ranks;
  std::string text;
  const std::vector<std::uint64_t> streams = {0, 1, 3, 1, 7, 2, 8, 9, 3, 4, 0, 2, 4294967295, 8};
  for (const std::uint64_t stream : streams) {
    text += std::to_string(rank(ranks, stream)) + ' ';
  }
  EXPECT_EQ(text, "0 1 2 1 3 4 5 6 2 7 0 4 8 5 ");
}

TEST(StreamRanks, AreApartForEachTransport) {
  StreamRanks ranks;
  EXPECT_EQ(rank(ranks, 5, Transport::udp), 0U);
  EXPECT_EQ(rank(ranks, 9), 0U);
  EXPECT_EQ(rank(ranks, 2), 1U);
  EXPECT_EQ(rank(ranks, 6, Transport::udp), 1U);
  EXPECT_EQ(rank(ranks, 5, Transport::udp), 0U);
}

TEST(StreamRanks, AreThoseOfATable) {
  StreamRanks ranks;
  std::map<std::uint64_t, std::uint64_t> table;
  std::mt19937 random(7);
  for (std::uint64_t base = 0; base < 3000; ++base) {
    const std::uint64_t stream = base / 3 + random() % 8;
    const std::uint64_t wanted = table.try_emplace(stream, table.size()).first->second;
    ASSERT_EQ(rank(ranks, stream), wanted) << base;
  }
}

TEST(StreamRanks, AreOthersInAnotherSegment) {
  StreamRanks ranks;
  EXPECT_EQ(rank(ranks, 0), 0U);
  EXPECT_EQ(rank(ranks, 1), 1U);
  EXPECT_EQ(rank(ranks, 0, Transport::udp), 0U);
  ranks.begin_segment();
  EXPECT_EQ(rank(ranks, 1), 2U);
  EXPECT_EQ(rank(ranks, 0), 3U);
  EXPECT_EQ(rank(ranks, 1), 2U);
  EXPECT_EQ(rank(ranks, 0, Transport::udp), 1U);
}

}  // namespace
}  // namespace flowmeter
