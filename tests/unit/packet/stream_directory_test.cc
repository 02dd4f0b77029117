#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <memory>
#include <random>
#include <utility>

#include "base/error.h"
#include "packet/stream_directory.h"
#include "support.h"

namespace flowmeter {
namespace {

using test::client;
using test::endpoint;
using test::second;
using test::server;

constexpr auto idle = std::chrono::seconds(600);

class Streams : public testing::Test {
 protected:
  /// The whole input's number for a TCP packet of a segment.
  std::uint64_t tcp(std::uint32_t segment, std::uint64_t number, const Endpoint& from, const Endpoint& to,
                    std::uint16_t flags = tcp_flag::ack, TcpNumbers numbers = {}) {
    Packet packet;
    packet.key = {Transport::tcp, number};
    packet.source = from;
    packet.destination = to;
    packet.tcp_flags = flags;
    return directory.resolve(segment, packet, {from, to, numbers}, clock);
  }

  std::uint64_t udp(std::uint32_t segment, std::uint64_t number, const Endpoint& from, const Endpoint& to) {
    Packet packet;
    packet.key = {Transport::udp, number};
    packet.source = from;
    packet.destination = to;
    return directory.resolve(segment, packet, {from, to, {}}, clock);
  }

  /// A SYN of the client with this sequence number.
  std::uint64_t syn(std::uint32_t segment, std::uint64_t number, std::uint32_t sequence) {
    return tcp(segment, number, client, server, tcp_flag::syn, {sequence, 0, true});
  }

  StreamDirectory directory{idle, 2, StreamRules::usual()};
  std::int64_t clock = 0;
};

TEST_F(Streams, AreNumberedAsTheyAppear) {
  EXPECT_EQ(tcp(0, 5, client, server), 0U);
  EXPECT_EQ(tcp(0, 2, endpoint(3, 1), server), 1U);
  EXPECT_EQ(tcp(0, 5, server, client), 0U);
  EXPECT_EQ(udp(0, 9, client, server), 0U);
  EXPECT_EQ(udp(0, 0, endpoint(3, 1), server), 1U);
}

TEST_F(Streams, GoOnInAnotherSegment) {
  EXPECT_EQ(tcp(0, 0, endpoint(3, 1), server), 0U);
  EXPECT_EQ(tcp(0, 1, client, server), 1U);
  EXPECT_EQ(tcp(1, 0, server, client), 1U) << "the other way, the first of that segment";
  EXPECT_EQ(tcp(1, 1, server, endpoint(3, 1)), 0U);
  EXPECT_EQ(tcp(1, 2, endpoint(4, 1), server), 2U);
}

TEST_F(Streams, TcpAndUdpOfTheSameEndpointsAreTwo) {
  EXPECT_EQ(tcp(0, 0, client, server), 0U);
  EXPECT_EQ(udp(0, 0, client, server), 0U);
  EXPECT_EQ(udp(1, 0, client, server), 0U);
  EXPECT_EQ(udp(1, 1, endpoint(3, 1), server), 1U);
}

TEST_F(Streams, TsharksWordIsTakenWithinASegment) {
  EXPECT_EQ(syn(0, 0, 1000), 0U);
  EXPECT_EQ(syn(0, 1, 5000), 1U) << "a port that is used again";
  EXPECT_EQ(tcp(0, 1, server, client), 1U);
  EXPECT_EQ(tcp(0, 0, client, server), 0U) << "back to the older one";
}

TEST_F(Streams, ADissectorMayBeginAStreamInTheMiddle) {
  EXPECT_EQ(udp(0, 0, client, server), 0U);
  EXPECT_EQ(udp(0, 1, client, server), 1U);
  EXPECT_EQ(udp(0, 0, client, server), 0U);
}

TEST_F(Streams, ARepeatedSynIsTheSameConnectionInAnotherSegment) {
  EXPECT_EQ(syn(0, 0, 1000), 0U);
  EXPECT_EQ(syn(1, 0, 1000), 0U);
}

TEST_F(Streams, AnotherSynOpensANewConnectionInAnotherSegment) {
  EXPECT_EQ(syn(0, 0, 1000), 0U);
  EXPECT_EQ(syn(1, 0, 2000), 1U);
  EXPECT_EQ(tcp(2, 0, server, client), 1U);
}

TEST_F(Streams, TheFirstSequenceNumberIsKnownFromDataToo) {
  // Data from byte 1001 on: the SYN had 1000.
  EXPECT_EQ(tcp(0, 0, client, server, tcp_flag::ack, {1001, 501, true}), 0U);
  EXPECT_EQ(syn(1, 0, 1000), 0U);
  EXPECT_EQ(syn(2, 0, 1001), 1U);
}

TEST_F(Streams, TheOthersSequenceNumberIsKnownFromAnAcknowledgement) {
  EXPECT_EQ(tcp(0, 0, server, client, tcp_flag::ack, {501, 1001, true}), 0U);
  EXPECT_EQ(syn(1, 0, 1000), 0U);
  EXPECT_EQ(syn(2, 0, 7), 1U);
}

TEST_F(Streams, SequenceNumbersWrapAround) {
  EXPECT_EQ(tcp(0, 0, client, server, tcp_flag::ack, {0, 0, true}), 0U);
  EXPECT_EQ(syn(1, 0, 0xffffffff), 0U);
}

TEST_F(Streams, ASynAckOpensNothing) {
  EXPECT_EQ(syn(0, 0, 1000), 0U);
  EXPECT_EQ(tcp(1, 0, server, client, tcp_flag::syn | tcp_flag::ack, {9999, 1001, true}), 0U);
}

TEST_F(Streams, AHeaderThatTeachesNothingSetsNoNumber) {
  // An ICMP error quotes a segment of the client's.
  EXPECT_EQ(tcp(0, 0, client, server, tcp_flag::ack, {501, 1001, true, TcpNumbers::Teaches::none}), 0U);
  EXPECT_EQ(syn(1, 0, 7), 0U);
  EXPECT_EQ(syn(2, 0, 8), 1U) << "but the SYN did";
}

TEST_F(Streams, AQuotedSynMayOpenAConnection) {
  EXPECT_EQ(syn(0, 0, 1000), 0U);
  EXPECT_EQ(tcp(1, 0, client, server, tcp_flag::syn, {2000, 0, true, TcpNumbers::Teaches::none}), 1U);
  EXPECT_EQ(syn(2, 0, 3000), 1U) << "whose number is not known yet";
}

TEST_F(Streams, AQuotedSynAckSetsTheNumberAnewIfThereIsOne) {
  const std::uint16_t syn_ack = tcp_flag::syn | tcp_flag::ack;
  EXPECT_EQ(tcp(0, 0, client, server, syn_ack, {5, 6, true, TcpNumbers::Teaches::none}), 0U);
  EXPECT_EQ(syn(1, 0, 1000), 0U);
  EXPECT_EQ(tcp(2, 0, client, server, syn_ack, {5, 6, true, TcpNumbers::Teaches::none}), 0U);
  EXPECT_EQ(syn(3, 0, 5), 0U);
}

TEST_F(Streams, ASynMayComeInAStreamThatADissectorBegan) {
  EXPECT_EQ(tcp(0, 0, server, client, tcp_flag::ack, {501, 1001, true}), 0U);
  EXPECT_EQ(syn(0, 1, 1000), 1U) << "of the number that was expected";
}

TEST_F(Streams, ATsharkThatSawLessMayBeginAStreamWhereNoneBegins) {
  EXPECT_EQ(syn(0, 0, 1000), 0U);
  EXPECT_EQ(tcp(1, 0, client, server, tcp_flag::ack, {5001, 1, true}), 0U);
  EXPECT_EQ(syn(1, 1, 1000), 0U);
  EXPECT_EQ(tcp(1, 1, server, client), 0U);
}

TEST_F(Streams, ContextTeachesItsTsharkAlone) {
  Packet request;
  request.key = {Transport::tcp, 0};
  request.source = server;
  request.destination = client;
  request.tcp_flags = tcp_flag::ack;
  const StreamFacts facts{server, client, {501, 1000, true}};
  EXPECT_EQ(directory.resolve(0, request, facts, clock), 0U);
  EXPECT_EQ(syn(0, 1, 1000), 1U) << "of another number than the request acknowledges";
  // A tshark that is shown the request, but not the SYN, opens a stream at the next SYN of the same number.
  directory.learn_context(1, request, facts);
  EXPECT_EQ(tcp(1, 0, server, client), 1U);
  EXPECT_EQ(syn(1, 1, 1000), 1U);
}

TEST_F(Streams, GoByTheEndsOfTheConversation) {
  // A routing header: another destination is printed than tshark goes by.
  Packet packet;
  packet.key = {Transport::tcp, 0};
  packet.source = client;
  packet.destination = endpoint(9, 80);
  EXPECT_EQ(directory.resolve(0, packet, {client, server, {}}, clock), 0U);
  EXPECT_EQ(tcp(1, 0, server, client), 0U);
  EXPECT_EQ(tcp(1, 1, endpoint(9, 80), client), 1U);
}

TEST_F(Streams, AnEndedSegmentLeavesItsConversations) {
  EXPECT_EQ(tcp(0, 0, client, server), 0U);
  directory.end_segment(0);
  EXPECT_EQ(tcp(1, 0, client, server), 0U);
}

/// The directory looks for what it can forget when it has grown by a thousand conversations.
constexpr std::uint16_t many = 1000, more = 100;

TEST_F(Streams, TheLongestSilentAreForgottenFirst) {
  for (std::uint16_t port = 1; port <= many; ++port) {
    EXPECT_EQ(tcp(0, port, endpoint(10, port), server), port - 1U);
    clock += second / 1000;
  }
  clock = 700 * second;
  for (std::uint16_t port = 1; port <= more; ++port) (void)tcp(1, port, endpoint(11, port), server);
  EXPECT_EQ(directory.size(), more + 2U) << "two are remembered for all that";
  EXPECT_EQ(tcp(2, 1, endpoint(10, many), server), many - 1U);
  EXPECT_EQ(tcp(2, 2, endpoint(10, many - 1), server), many - 2U);
  EXPECT_EQ(tcp(2, 3, endpoint(10, 1), server), many + more) << "forgotten";
}

TEST_F(Streams, NoneIsForgottenBeforeItsTime) {
  for (std::uint16_t port = 1; port <= many; ++port) (void)tcp(0, port, endpoint(10, port), server);
  clock = std::chrono::nanoseconds(idle).count();
  for (std::uint16_t port = 1; port <= more; ++port) (void)tcp(1, port, endpoint(11, port), server);
  EXPECT_EQ(directory.size(), many + more + 0U);
}

TEST_F(Streams, AForgottenOneMayComeBackToItsSegment) {
  for (std::uint16_t port = 1; port <= many; ++port) (void)tcp(0, port, endpoint(10, port), server);
  clock = 2000 * second;
  for (std::uint16_t port = 1; port <= more; ++port) {
    (void)tcp(0, many + port, endpoint(11, port), server);
  }
  EXPECT_EQ(directory.size(), more + 2U);
  std::size_t kept = 0;
  for (std::uint16_t port = 1; port <= many; ++port) {
    kept += tcp(0, port, endpoint(10, port), server) == port - 1U ? 1 : 0;
  }
  EXPECT_EQ(kept, 2U);
}

TEST_F(Streams, RefuseNumbersThatNoTsharkGives) {
  EXPECT_THROW((void)tcp(0, std::uint64_t{1} << 28, client, server), InputError);
}

TEST_F(Streams, AreTheSameHoweverConversationsAreDealtToSegments) {
  std::mt19937_64 random(51);
  for (int round = 0; round < 200; ++round) {
    const StreamRules rules = StreamRules::usual();
    StreamDirectory whole(idle, 1000, rules), dealt(idle, 1000, rules);
    std::map<std::uint32_t, std::map<std::uint64_t, std::uint64_t>> locals;  // by segment and conversation
    std::map<std::uint64_t, std::uint64_t> numbers;
    for (int i = 0; i < 200; ++i) {
      const std::uint64_t conversation = random() % 10;
      Packet packet;
      packet.source = endpoint(1, static_cast<std::uint16_t>(conversation));
      packet.destination = server;
      if (random() % 2 == 0) std::swap(packet.source, packet.destination);
      packet.key = {Transport::udp, numbers.emplace(conversation, numbers.size()).first->second};
      const std::uint64_t expected = whole.resolve(0, packet, {packet.source, packet.destination, {}}, i);
      ASSERT_EQ(expected, packet.key.stream);
      // Segments follow each other, and two of them are there at the same time.
      const auto segment = static_cast<std::uint32_t>(2 * (i / 50) + (conversation % 2 == 0 ? 0 : 1));
      auto& local = locals[segment];
      packet.key.stream = local.emplace(conversation, local.size()).first->second;
      ASSERT_EQ(dealt.resolve(segment, packet, {packet.source, packet.destination, {}}, i), expected);
    }
  }
}

class StreamsOf : public testing::TestWithParam<const char*> {
 protected:
  using Teaches = TcpNumbers::Teaches;

  struct Header {
    StreamFacts facts;
    std::uint16_t flags;
  };

  /// Between few ends, with few numbers, so that everything happens.
  static Header random_header(std::mt19937_64& random) {
    constexpr std::uint16_t fin = tcp_flag::fin, syn = tcp_flag::syn, rst = tcp_flag::rst,
                            ack = tcp_flag::ack;
    constexpr std::uint16_t flags[] = {syn, syn, syn, syn | ack, syn | ack, ack,       ack,
                                       ack, rst, fin, fin | ack, rst | ack, syn | rst, syn | fin | ack};
    constexpr std::uint32_t numbers[] = {0, 1, 100, UINT32_MAX};
    constexpr Teaches teach[] = {Teaches::all, Teaches::all, Teaches::all, Teaches::none,
                                 Teaches::some_tsharks};
    const auto one_of = [&](const auto& values) { return values[random() % std::size(values)]; };
    Header header{{client, server, {one_of(numbers), one_of(numbers), true, one_of(teach)}}, one_of(flags)};
    if (random() % 2 == 0) header.facts.destination.port = 81;
    if (random() % 2 == 0) std::swap(header.facts.source, header.facts.destination);
    return header;
  }

  const StreamRules rules = StreamRules::of(GetParam()).value();
};

/// Each life is a tshark that knows nothing of what was before.
TEST_P(StreamsOf, AreThoseOfOneTsharkWhateverTheLives) {
  std::mt19937_64 random(17);
  for (int round = 0; round < 500; ++round) {
    StreamDirectory whole(idle, 1000, rules), joined(idle, 1000, rules);
    auto life = std::make_unique<StreamDirectory>(idle, 1000, rules);
    std::uint32_t segment = 0;
    for (int i = 0; i < 40; ++i) {
      if (random() % 6 == 0) {
        joined.end_segment(segment++);
        life = std::make_unique<StreamDirectory>(idle, 1000, rules);
      }
      const Header header = random_header(random);
      Packet packet;
      packet.source = header.facts.source;
      packet.destination = header.facts.destination;
      packet.tcp_flags = header.flags;
      packet.key = {Transport::tcp, life->follow(Transport::tcp, header.facts, header.flags, 0)};
      const std::uint64_t expected = whole.follow(Transport::tcp, header.facts, header.flags, 0);
      ASSERT_EQ(joined.resolve(segment, packet, header.facts, 0), expected) << "round " << round << ", " << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Version, StreamsOf, testing::Values("4.0.17", "4.2.2", "4.4.2", "4.6.9"),
                         [](const auto& version) { return std::string("of_4_") + version.param[2]; });

TEST(StreamRules, AreKnownForSomeVersions) {
  EXPECT_EQ(StreamRules::of("4.0.17")->end_counts, false);
  EXPECT_EQ(StreamRules::of("4.2")->end_counts, true);
  EXPECT_EQ(StreamRules::of(4, 6)->syn_ack_opens, true);
  for (const char* version : {"3.4.10", "3.6.2", "4.1.0", "4.8.0", "5.0", "4", "", "four", "4.x"}) {
    EXPECT_FALSE(StreamRules::of(std::string_view(version))) << version;
  }
}

TEST_F(Streams, AreFollowedWithoutATshark) {
  const auto follow = [&](Transport transport, const Endpoint& from, const Endpoint& to, std::int64_t at_ns) {
    return directory.follow(transport, {from, to, {1, 2, transport == Transport::tcp}}, tcp_flag::ack, at_ns);
  };
  EXPECT_EQ(follow(Transport::tcp, client, server, 0), 0U);
  EXPECT_EQ(follow(Transport::udp, client, server, 0), 0U);
  EXPECT_EQ(follow(Transport::udp, endpoint(3, 1), server, 0), 1U);
  EXPECT_EQ(follow(Transport::tcp, server, client, 3600 * second), 0U) << "an idle hour";
  EXPECT_EQ(tcp(0, 7, client, server), 0U) << "a tshark goes on with it";
  EXPECT_EQ(tcp(0, 8, endpoint(4, 1), server), 1U);
  EXPECT_EQ(follow(Transport::tcp, server, endpoint(4, 1), 0), 1U) << "and it with a tshark's";
}

TEST_F(Streams, HoldManyConversations) {
  for (std::uint32_t i = 0; i < 20'000; ++i) {
    Endpoint from = endpoint(static_cast<std::uint8_t>(i >> 16), static_cast<std::uint16_t>(i));
    ASSERT_EQ(udp(i / 1000, i % 1000, from, server), i);
  }
  for (std::uint32_t i = 0; i < 20'000; ++i) {
    Endpoint from = endpoint(static_cast<std::uint8_t>(i >> 16), static_cast<std::uint16_t>(i));
    ASSERT_EQ(udp(100, i, server, from), i);
  }
}

}  // namespace
}  // namespace flowmeter
