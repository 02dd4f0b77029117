#include "packet/joined_streams.h"

#include <gtest/gtest.h>

#include "support.h"

namespace flowmeter {
namespace {

using test::client;
using test::endpoint;
using test::record_of;
using test::server;

class JoinedStreamsTest : public testing::Test {
 protected:
  /// The input's number for a UDP stream that a segment calls `number`.
  std::uint64_t udp(std::uint32_t segment, std::uint64_t number, const Endpoint& from, const Endpoint& to,
                    const StreamFacts* local_facts = nullptr) {
    Packet packet;
    packet.key = {Transport::udp, number};
    packet.source = from;
    packet.destination = to;
    packet.time_ns = time_ns;
    packet.ip_version = 4;
    packet.record = &record;
    streams.begin_frame(segment, local_facts);
    return streams.translate(packet, false);
  }

  FieldSet fields;
  JoinedStreams streams{fields, std::chrono::seconds(600), 2, StreamRules::usual()};
  const Record record = record_of(fields, {});
  std::int64_t time_ns = 0;
};

TEST_F(JoinedStreamsTest, AConversationHasOneNumberInAllSegments) {
  EXPECT_EQ(udp(0, 0, client, server), 0U);
  EXPECT_EQ(udp(1, 0, endpoint(3, 1), server), 1U);
  EXPECT_EQ(udp(2, 5, server, client), 0U);
  EXPECT_EQ(udp(1, 1, client, server), 0U);
}

TEST_F(JoinedStreamsTest, LocalFactsGoBeforeThoseOfTheRecord) {
  const StreamFacts facts{endpoint(7, 1), endpoint(8, 1), {}};
  EXPECT_EQ(udp(0, 0, endpoint(7, 1), endpoint(8, 1)), 0U);
  EXPECT_EQ(udp(1, 0, client, server, &facts), 0U);
  EXPECT_EQ(udp(2, 0, client, server), 1U);
}

TEST_F(JoinedStreamsTest, AConversationOutlivesItsSegment) {
  EXPECT_EQ(udp(0, 0, client, server), 0U);
  streams.end_segment(0);
  EXPECT_EQ(udp(1, 0, client, server), 0U);
}

TEST_F(JoinedStreamsTest, SegmentsMayFollowEachOther) {
  const auto next = [this](const Endpoint& from, const Endpoint& to, Transport transport) {
    Packet packet;
    packet.key = {transport, 0};
    packet.source = from;
    packet.destination = to;
    packet.ip_version = 4;
    packet.record = &record;
    return streams.translate(packet, false);
  };
  EXPECT_EQ(next(client, server, Transport::udp), 0U);
  EXPECT_EQ(next(client, server, Transport::sctp), 0U);
  streams.begin_segment();
  EXPECT_EQ(next(endpoint(3, 1), server, Transport::udp), 1U);
  streams.begin_segment();
  EXPECT_EQ(next(server, client, Transport::udp), 0U);
  EXPECT_EQ(next(server, client, Transport::sctp), 0U);
}

TEST_F(JoinedStreamsTest, TimeThatGoesBackMakesNothingSilent) {
  time_ns = 10'000 * test::second;
  EXPECT_EQ(udp(0, 0, client, server), 0U);
  time_ns = 0;
  for (std::uint16_t port = 1; port < 3000; ++port) udp(0, port, endpoint(9, port), server);
  EXPECT_EQ(udp(1, 0, client, server), 0U);
}

}  // namespace
}  // namespace flowmeter
