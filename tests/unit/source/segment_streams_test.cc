#include "source/segment_streams.h"

#include <gtest/gtest.h>

#include "support.h"

namespace flowmeter {
namespace {

using test::client;
using test::endpoint;
using test::record_of;
using test::server;

class SegmentStreamsTest : public testing::Test {
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
  SegmentStreams streams{fields, std::chrono::seconds(600), 2};
  const Record record = record_of(fields, {});
  std::int64_t time_ns = 0;
};

TEST_F(SegmentStreamsTest, AConversationHasOneNumberInAllSegments) {
  EXPECT_EQ(udp(0, 0, client, server), 0U);
  EXPECT_EQ(udp(1, 0, endpoint(3, 1), server), 1U);
  EXPECT_EQ(udp(2, 5, server, client), 0U);
  EXPECT_EQ(udp(1, 1, client, server), 0U);
}

TEST_F(SegmentStreamsTest, LocalFactsGoBeforeThoseOfTheRecord) {
  const StreamFacts facts{endpoint(7, 1), endpoint(8, 1), {}};
  EXPECT_EQ(udp(0, 0, endpoint(7, 1), endpoint(8, 1)), 0U);
  EXPECT_EQ(udp(1, 0, client, server, &facts), 0U);
  EXPECT_EQ(udp(2, 0, client, server), 1U);
}

TEST_F(SegmentStreamsTest, AConversationOutlivesItsSegment) {
  EXPECT_EQ(udp(0, 0, client, server), 0U);
  streams.end_segment(0);
  EXPECT_EQ(udp(1, 0, client, server), 0U);
}

TEST_F(SegmentStreamsTest, TimeThatGoesBackMakesNothingSilent) {
  time_ns = 10'000 * test::second;
  EXPECT_EQ(udp(0, 0, client, server), 0U);
  time_ns = 0;
  for (std::uint16_t port = 1; port < 3000; ++port) udp(0, port, endpoint(9, port), server);
  EXPECT_EQ(udp(1, 0, client, server), 0U);
}

}  // namespace
}  // namespace flowmeter
