#include "flow/ended_streams.h"

#include <gtest/gtest.h>

#include <cstdint>

#include "support.h"

namespace flowmeter {
namespace {

using test::client;
using test::server;

EndedStreams::Entry entry(std::uint64_t stream, std::uint32_t parts = 1) {
  return {{Transport::tcp, stream}, client, server, parts};
}

TEST(EndedStreams, RemembersEndpointsAndParts) {
  EndedStreams streams(10);
  streams.remember(entry(3, 2));
  const auto* found = streams.find({Transport::tcp, 3});
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->source, client);
  EXPECT_EQ(found->destination, server);
  EXPECT_EQ(found->parts, 2U);
  EXPECT_EQ(streams.find({Transport::udp, 3}), nullptr);
  EXPECT_EQ(streams.find({Transport::tcp, 4}), nullptr);
}

TEST(EndedStreams, ForgetsTheLongestAgoFirst) {
  EndedStreams streams(2);
  streams.remember(entry(0));
  streams.remember(entry(1));
  EXPECT_EQ(streams.forgotten(), 0U);
  streams.remember(entry(2));
  EXPECT_EQ(streams.find({Transport::tcp, 0}), nullptr);
  EXPECT_NE(streams.find({Transport::tcp, 1}), nullptr);
  EXPECT_NE(streams.find({Transport::tcp, 2}), nullptr);
  EXPECT_EQ(streams.forgotten(), 1U);
}

TEST(EndedStreams, AStreamThatEndsAgainIsTheLatest) {
  EndedStreams streams(2);
  streams.remember(entry(0, 1));
  streams.remember(entry(1, 1));
  streams.remember(entry(0, 2));
  EXPECT_EQ(streams.forgotten(), 0U);
  streams.remember(entry(2, 1));
  EXPECT_EQ(streams.find({Transport::tcp, 1}), nullptr);
  ASSERT_NE(streams.find({Transport::tcp, 0}), nullptr);
  EXPECT_EQ(streams.find({Transport::tcp, 0})->parts, 2U);
}

TEST(EndedStreams, IsBounded) {
  constexpr std::uint64_t capacity = 100, many = 10'000;
  EndedStreams streams(capacity);
  for (std::uint64_t stream = 0; stream < many; ++stream) streams.remember(entry(stream));
  EXPECT_EQ(streams.forgotten(), many - capacity);
  std::uint64_t known = 0;
  for (std::uint64_t stream = 0; stream < many; ++stream) {
    known += streams.find({Transport::tcp, stream}) != nullptr ? 1U : 0U;
  }
  EXPECT_EQ(known, capacity);
}

}  // namespace
}  // namespace flowmeter
