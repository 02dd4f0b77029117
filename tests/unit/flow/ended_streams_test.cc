#include "flow/ended_streams.h"

#include <gtest/gtest.h>

#include <cstdint>

#include "support.h"

namespace flowmeter {
namespace {

using test::client;
using test::server;

void remember(EndedStreams& streams, std::uint64_t stream, std::uint32_t next_split_index = 1) {
  streams.remember({Transport::tcp, stream}, {client, server, next_split_index});
}

TEST(EndedStreams, RemembersEndpointsAndTheNextSplitIndex) {
  EndedStreams streams(10);
  remember(streams, 3, 2);
  const auto* found = streams.find({Transport::tcp, 3});
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->source, client);
  EXPECT_EQ(found->destination, server);
  EXPECT_EQ(found->next_split_index, 2U);
  EXPECT_EQ(streams.find({Transport::udp, 3}), nullptr);
  EXPECT_EQ(streams.find({Transport::tcp, 4}), nullptr);
}

TEST(EndedStreams, ForgetsTheLongestAgoFirst) {
  EndedStreams streams(2);
  remember(streams, 0);
  remember(streams, 1);
  EXPECT_EQ(streams.forgotten(), 0U);
  remember(streams, 2);
  EXPECT_EQ(streams.find({Transport::tcp, 0}), nullptr);
  EXPECT_NE(streams.find({Transport::tcp, 1}), nullptr);
  EXPECT_NE(streams.find({Transport::tcp, 2}), nullptr);
  EXPECT_EQ(streams.forgotten(), 1U);
}

TEST(EndedStreams, AStreamThatEndsAgainIsTheLatest) {
  EndedStreams streams(2);
  remember(streams, 0, 1);
  remember(streams, 1, 1);
  remember(streams, 0, 2);
  EXPECT_EQ(streams.forgotten(), 0U);
  remember(streams, 2, 1);
  EXPECT_EQ(streams.find({Transport::tcp, 1}), nullptr);
  ASSERT_NE(streams.find({Transport::tcp, 0}), nullptr);
  EXPECT_EQ(streams.find({Transport::tcp, 0})->next_split_index, 2U);
}

TEST(EndedStreams, IsBounded) {
  constexpr std::uint64_t capacity = 100, many = 10'000;
  EndedStreams streams(capacity);
  for (std::uint64_t stream = 0; stream < many; ++stream) remember(streams, stream);
  EXPECT_EQ(streams.forgotten(), many - capacity);
  std::uint64_t known = 0;
  for (std::uint64_t stream = 0; stream < many; ++stream) {
    known += streams.find({Transport::tcp, stream}) != nullptr ? 1U : 0U;
  }
  EXPECT_EQ(known, capacity);
}

}  // namespace
}  // namespace flowmeter
