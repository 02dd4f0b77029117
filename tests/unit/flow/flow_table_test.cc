#include "flow/flow_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <string>
#include <vector>

#include "base/error.h"
#include "flow_support.h"

namespace flowmeter {
namespace {

using test::Bench;
using test::client;
using test::Ended;
using test::endpoint;
using test::message_of;
using test::reply;
using test::request;
using test::second;
using test::server;
using test::tcp;
using test::udp;

using Frames = std::vector<std::uint64_t>;

constexpr std::int64_t timeout = 600 * second;  // the default

Packet of(Transport transport, std::uint64_t stream, const Endpoint& source, const Endpoint& destination) {
  Packet packet = udp(stream, source, destination);
  packet.key.transport = transport;
  return packet;
}

TEST(FlowTable, PutsThePacketsOfAStreamTogether) {
  Bench bench;
  bench.frame(1 * second, {request(0)});
  bench.frame(2 * second, {reply(0)});
  bench.frame(3 * second, {request(1)});
  bench.frame(4 * second, {request(0)});
  EXPECT_EQ(bench.table().open_flows(), 2U);
  EXPECT_TRUE(bench.ended.empty());
  bench.end();
  ASSERT_EQ(bench.ended.size(), 2U);
  EXPECT_EQ(bench.ended[0].trace.forward, (Frames{1, 4}));
  EXPECT_EQ(bench.ended[0].trace.backward, (Frames{2}));
  EXPECT_EQ(bench.ended[0].first_ns, 1 * second);
  EXPECT_EQ(bench.ended[0].last_ns, 4 * second);
  EXPECT_EQ(bench.ended[0].reason, EndReason::end_of_input);
  EXPECT_EQ(bench.ended[1].trace.forward, (Frames{3}));
  EXPECT_EQ(bench.table().open_flows(), 0U);
  EXPECT_EQ(bench.table().ended_flows(), 2U);
}

TEST(FlowTable, TcpAndUdpStreamsOfOneNumberAreTwoFlows) {
  Bench bench;
  bench.frame(0, {tcp(0, client, server)});
  bench.frame(0, {udp(0, client, server)});
  bench.end();
  EXPECT_EQ(bench.ended.size(), 2U);
}

TEST(FlowTable, StreamsWithTheSameEndpointsAreTwoFlows) {
  Bench bench;
  bench.frame(0, {request(0)});
  bench.frame(0, {request(1)});
  bench.end();
  EXPECT_EQ(bench.ended.size(), 2U);
}

TEST(FlowTable, ForwardIsTheWayOfTheFirstPacket) {
  Bench bench;
  bench.frame(0, {reply(0)});
  bench.frame(0, {request(0)});
  bench.frame(0, {reply(0)});
  bench.end();
  EXPECT_EQ(bench.ended[0].source, server);
  EXPECT_EQ(bench.ended[0].destination, client);
  EXPECT_EQ(bench.ended[0].trace.forward, (Frames{1, 3}));
  EXPECT_EQ(bench.ended[0].trace.backward, (Frames{2}));
}

TEST(FlowTable, EqualPortsDoNotConfuseTheDirection) {
  const Endpoint a = endpoint(1, 123), b = endpoint(2, 123);
  Bench bench;
  bench.frame(0, {udp(0, a, b)});
  bench.frame(0, {udp(0, b, a)});
  bench.frame(0, {udp(0, a, b)});
  bench.end();
  EXPECT_EQ(bench.ended[0].trace.forward, (Frames{1, 3}));
  EXPECT_EQ(bench.ended[0].trace.backward, (Frames{2}));
}

TEST(FlowTable, EqualAddressesDoNotConfuseTheDirection) {
  const Endpoint a = endpoint(1, 5000), b = endpoint(1, 5001);
  Bench bench;
  bench.frame(0, {tcp(0, a, b)});
  bench.frame(0, {tcp(0, b, a)});
  bench.end();
  EXPECT_EQ(bench.ended[0].trace.forward, (Frames{1}));
  EXPECT_EQ(bench.ended[0].trace.backward, (Frames{2}));
}

TEST(FlowTable, WhoTalksToHimselfGoesForward) {
  const Endpoint self = endpoint(1, 5000);
  Bench bench;
  bench.frame(0, {udp(0, self, self)});
  bench.frame(0, {udp(0, self, self)});
  bench.end();
  EXPECT_EQ(bench.ended[0].trace.forward, (Frames{1, 2}));
}

TEST(FlowTable, AGapOfTheTimeoutCutsNothing) {
  Bench bench;
  bench.frame(0, {request(0)});
  bench.frame(timeout, {reply(0)});
  bench.end();
  ASSERT_EQ(bench.ended.size(), 1U);
  EXPECT_EQ(bench.ended[0].trace.backward, (Frames{2}));
}

TEST(FlowTable, AGapOfOneNanosecondMoreCuts) {
  Bench bench;
  bench.frame(0, {request(0)});
  bench.frame(timeout + 1, {request(0)});
  ASSERT_EQ(bench.ended.size(), 1U);
  EXPECT_EQ(bench.ended[0].reason, EndReason::idle);
  EXPECT_EQ(bench.ended[0].trace.forward, (Frames{1}));
  EXPECT_EQ(bench.ended[0].split_index, 0U);
  bench.end();
  ASSERT_EQ(bench.ended.size(), 2U);
  EXPECT_EQ(bench.ended[1].trace.forward, (Frames{2}));
  EXPECT_EQ(bench.ended[1].first_ns, timeout + 1);
  EXPECT_EQ(bench.ended[1].first_frame, 2U);
  EXPECT_EQ(bench.ended[1].split_index, 1U);
}

TEST(FlowTable, OtherTrafficInBetweenChangesNothing) {
  for (const bool other : {false, true}) {
    Bench bench;
    bench.frame(0, {request(0)});
    if (other) {
      bench.frame(timeout / 2, {request(1)});
      bench.frame(timeout);
    }
    bench.frame(timeout, {request(0)});
    if (other) bench.frame(2 * timeout, {request(1)});
    bench.frame(2 * timeout + 1, {request(0)});
    bench.end();
    const auto cuts = std::count_if(bench.ended.begin(), bench.ended.end(), [](const Ended& flow) {
      return flow.key.stream == 0 && flow.reason == EndReason::idle;
    });
    EXPECT_EQ(cuts, 1) << (other ? "with" : "without") << " other traffic";
  }
}

TEST(FlowTable, AFlowIsWrittenAsSoonAsTheClockHasPassedIt) {
  Bench bench;
  bench.frame(0, {request(0)});
  bench.frame(timeout);
  EXPECT_TRUE(bench.ended.empty());
  bench.frame(timeout + 1);
  EXPECT_EQ(bench.ended.size(), 1U);
  EXPECT_EQ(bench.table().open_flows(), 0U);
}

TEST(FlowTable, ATimeoutOfNothingKeepsPacketsOfTheSameTimeTogether) {
  Bench bench(
      {.tcp_idle_timeout = std::chrono::nanoseconds(0), .udp_idle_timeout = std::chrono::nanoseconds(0)});
  bench.frame(5, {request(0)});
  bench.frame(5, {request(0)});
  bench.frame(6, {request(0)});
  bench.end();
  ASSERT_EQ(bench.ended.size(), 2U);
  EXPECT_EQ(bench.ended[0].trace.forward, (Frames{1, 2}));
}

TEST(FlowTable, TheLongestTimeoutNeverCuts) {
  Bench bench({.tcp_idle_timeout = std::chrono::nanoseconds::max(),
               .udp_idle_timeout = std::chrono::nanoseconds::max()});
  bench.frame(0, {request(0)});
  bench.frame(std::numeric_limits<std::int64_t>::max(), {request(0)});
  bench.end();
  EXPECT_EQ(bench.ended.size(), 1U);
}

TEST(FlowTable, TheLargestGapDoesNotOverflow) {
  Bench bench;
  bench.frame(std::numeric_limits<std::int64_t>::min(), {request(0)});
  bench.frame(std::numeric_limits<std::int64_t>::max(), {request(0)});
  bench.end();
  EXPECT_EQ(bench.ended.size(), 2U);
}

TEST(FlowTable, RefusesAPacketTooFarFromTheOthersOfItsFlow) {
  for (const bool same_way : {false, true}) {
    Bench bench;
    bench.frame(std::numeric_limits<std::int64_t>::max(), {request(0)});
    EXPECT_EQ(message_of<InputError>([&] { bench.frame(-1, {same_way ? request(0) : reply(0)}); }),
              "two packets of a flow are more than 292 years apart");
    bench.end();
    ASSERT_EQ(bench.ended.size(), 1U);
    EXPECT_EQ(bench.ended[0].trace.forward, (Frames{1}));
    EXPECT_TRUE(bench.ended[0].trace.backward.empty());
    EXPECT_EQ(bench.ended[0].first_ns, std::numeric_limits<std::int64_t>::max());
  }
}

TEST(FlowTable, TakesAPacketJustNearEnoughToTheOthers) {
  Bench bench;
  bench.frame(std::numeric_limits<std::int64_t>::max(), {request(0)});
  bench.frame(0, {request(0)});
  bench.end();
  ASSERT_EQ(bench.ended.size(), 1U);
  EXPECT_EQ(bench.ended[0].trace.forward, (Frames{1, 2}));
}

TEST(FlowTable, ALaterPartKeepsTheDirection) {
  Bench bench;
  bench.frame(0, {request(0)});
  bench.frame(2 * timeout, {reply(0)});  // the server speaks first after a pause
  bench.frame(2 * timeout, {request(0)});
  bench.frame(4 * timeout, {reply(0)});
  bench.end();
  ASSERT_EQ(bench.ended.size(), 3U);
  for (const Ended& flow : bench.ended) {
    EXPECT_EQ(flow.source, client);
    EXPECT_EQ(flow.destination, server);
  }
  EXPECT_EQ(bench.ended[1].trace.forward, (Frames{3}));
  EXPECT_EQ(bench.ended[1].trace.backward, (Frames{2}));
  EXPECT_EQ(bench.ended[2].trace.backward, (Frames{4}));
  EXPECT_EQ(bench.ended[2].split_index, 2U);
}

TEST(FlowTable, ALaterPartBetweenOtherEndpointsHasItsOwnDirection) {
  Bench bench;
  const Endpoint moved = endpoint(9, 40000);
  bench.frame(0, {request(0)});
  bench.frame(2 * timeout, {tcp(0, server, moved)});
  bench.end();
  EXPECT_EQ(bench.ended[1].source, server);
  EXPECT_EQ(bench.ended[1].destination, moved);
}

TEST(FlowTable, ForgetsTheDirectionOfTheStreamsCutLongestAgo) {
  Bench bench({.tcp_idle_timeout = std::chrono::nanoseconds(timeout),
               .udp_idle_timeout = std::chrono::nanoseconds(timeout),
               .remembered_streams = 2});
  bench.frame(0, {request(0)});
  bench.frame(1, {request(1)});
  bench.frame(2, {request(2)});
  EXPECT_EQ(bench.table().forgotten_streams(), 0U);
  bench.frame(3 * timeout, {reply(0), reply(1), reply(2)});
  EXPECT_EQ(bench.table().forgotten_streams(), 1U);
  bench.end();
  ASSERT_EQ(bench.ended.size(), 6U);
  EXPECT_EQ(bench.ended[3].source, server) << "forgotten";
  EXPECT_EQ(bench.ended[4].source, client);
  EXPECT_EQ(bench.ended[5].source, client);
}

TEST(FlowTable, PartsThatAreNotOverMakeNoRoom) {
  Bench bench({.most_flows = 1});
  Flow& longer = bench.table().begin_part(request(0));
  Flow& shorter = bench.table().begin_part(request(1));
  EXPECT_EQ(bench.table().open_flows(), 2U);
  bench.table().end_part(longer, {.first_ns = 0, .last_ns = 9, .previous_ns = 9, .touched_ns = 9});
  bench.table().end_part(shorter, {.first_ns = 1, .last_ns = 5, .previous_ns = 5, .touched_ns = 5});
  bench.frame(10, {request(2)});
  EXPECT_EQ(bench.streams(), "1") << "the one longest without a packet";
  bench.end();
  ASSERT_EQ(bench.streams(), "0 2");
  EXPECT_EQ(bench.ended[1].last_ns, 9);
}

TEST(FlowTable, ASegmentEndsAllFlowsAndStartsTheClockAnew) {
  Bench bench;
  bench.frame(5 * timeout, {request(1)});
  bench.frame(5 * timeout + 1, {request(0)});
  bench.table().on_segment();
  EXPECT_EQ(bench.streams(), "1 0");
  bench.frame(second, {request(2)});
  bench.frame(2 * second, {reply(0)});
  EXPECT_EQ(bench.table().clock_ns(), 2 * second);
  bench.frame(timeout + 2 * second, {reply(0)});
  EXPECT_EQ(bench.streams(), "2") << "by the new clock";
  bench.end();
  ASSERT_EQ(bench.ended.size(), 4U);
  EXPECT_EQ(bench.ended[0].reason, EndReason::end_of_input);
  EXPECT_EQ(bench.ended[3].source, server);
  EXPECT_EQ(bench.ended[3].split_index, 0U);
}

TEST(FlowTable, ASegmentForgetsTheStreamsThatWereCut) {
  Bench bench;
  bench.frame(0, {request(0)});
  bench.frame(2 * timeout, {request(0)});
  bench.table().on_segment();
  bench.frame(0, {reply(0)});
  bench.end();
  ASSERT_EQ(bench.ended.size(), 3U);
  EXPECT_EQ(bench.ended[2].source, server);
  EXPECT_EQ(bench.ended[2].split_index, 0U);
}

TEST(FlowTable, FlowsThatEndOneAfterTheOtherAreInThatOrder) {
  Bench bench;
  bench.frame(0, {request(0)});
  bench.frame(1, {request(1)});
  bench.frame(2, {request(2)});
  bench.frame(3, {request(0)});
  bench.frame(10 * timeout);
  EXPECT_EQ(bench.streams(), "1 2 0");
}

TEST(FlowTable, FlowsThatEndTogetherAreInTheOrderOfTheirFirstPackets) {
  Bench bench;
  bench.frame(0, {request(2)});
  bench.frame(1, {request(1)});
  bench.frame(2, {request(0)});
  bench.frame(5, {request(0)});
  bench.frame(5, {request(1)});
  bench.frame(5, {request(2)});
  bench.frame(10 * timeout);
  EXPECT_EQ(bench.streams(), "2 1 0");
}

TEST(FlowTable, FlowsOfOneFrameAreInTheOrderOfItsHeaders) {
  Bench bench;
  bench.frame(0, {udp(7, client, server), tcp(3, client, server), udp(1, client, server)});
  bench.frame(10 * timeout);
  EXPECT_EQ(bench.streams(), "7 3 1");
}

TEST(FlowTable, WhatIsLeftAtTheEndIsInTheOrderOfTheFirstPackets) {
  Bench bench;
  bench.frame(0, {udp(7, client, server), request(5)});
  bench.frame(1, {request(2)});
  bench.frame(2, {request(9)});
  bench.frame(3, {request(2)});
  bench.frame(4, {request(7)});
  bench.end();
  EXPECT_EQ(bench.streams(), "7 5 2 9 7");
}

TEST(FlowTable, AFlowThatALatePacketCutsComesAtThatPacket) {
  Bench bench;
  bench.frame(0, {request(0)});
  bench.frame(0, {request(1)});
  bench.frame(2 * timeout, {request(1)});
  EXPECT_EQ(bench.streams(), "0 1");
}

TEST(FlowTable, APacketOutOfOrderBelongsToItsFlow) {
  Bench bench;
  bench.frame(10 * second, {request(0)});
  bench.frame(5 * second, {reply(0)});
  bench.frame(7 * second, {request(0)});
  bench.end();
  ASSERT_EQ(bench.ended.size(), 1U);
  EXPECT_EQ(bench.ended[0].first_ns, 5 * second);
  EXPECT_EQ(bench.ended[0].last_ns, 10 * second);
  EXPECT_EQ(bench.ended[0].source, client);
}

TEST(FlowTable, AStepBackwardsIsNoGap) {
  Bench bench;
  bench.frame(10 * timeout, {request(0)});
  bench.frame(0, {request(0)});
  bench.end();
  EXPECT_EQ(bench.ended.size(), 1U);
}

TEST(FlowTable, TheClockDoesNotGoBackwards) {
  Bench bench;
  bench.frame(10 * timeout, {request(0)});
  bench.frame(0, {request(1)});  // comes when the clock shows ten time-outs
  bench.frame(11 * timeout);
  EXPECT_TRUE(bench.ended.empty());
  bench.frame(11 * timeout + 1);
  EXPECT_EQ(bench.streams(), "0 1");
}

TEST(FlowTable, StreamsAreStillCutWhileTheClockStandsStillAfterAJump) {
  Bench bench;
  bench.frame(1'000'000 * timeout);  // one frame with a wild time
  bench.frame(0, {request(0)});
  bench.frame(timeout, {request(0)});
  EXPECT_TRUE(bench.ended.empty());
  bench.frame(2 * timeout + 1, {request(0)});
  ASSERT_EQ(bench.ended.size(), 1U);
  EXPECT_EQ(bench.ended[0].trace.forward, (Frames{2, 3}));
  EXPECT_EQ(bench.ended[0].reason, EndReason::idle);
  bench.end();
  EXPECT_EQ(bench.ended.size(), 2U);
}

TEST(FlowTable, TheGapIsThatToThePacketBeforeNotToTheLargestTime) {
  Bench bench;
  bench.frame(0, {request(0)});
  bench.frame(timeout, {request(0)});
  bench.frame(1, {request(0)});
  bench.frame(timeout + 2, {request(0)});  // much later than its predecessor's stamp
  bench.end();
  EXPECT_EQ(bench.ended.size(), 2U);
}

TEST(FlowTable, TheClockMayStartBeforeTheEpoch) {
  Bench bench;
  bench.frame(-10 * timeout, {request(0)});
  bench.frame(-8 * timeout);
  EXPECT_EQ(bench.streams(), "0");
}

TEST(FlowTable, AnEmptyInputEndsQuietly) {
  Bench bench;
  bench.end();
  EXPECT_TRUE(bench.ended.empty());
  EXPECT_EQ(bench.table().ended_flows(), 0U);
}

TEST(FlowTable, MayBeDroppedWithOpenFlows) {
  Bench bench;
  for (std::uint64_t stream = 0; stream < 1000; ++stream) bench.frame(0, {request(stream)});
  EXPECT_EQ(bench.table().open_flows(), 1000U);
  EXPECT_TRUE(bench.ended.empty());
}

TEST(FlowTable, ASinkMayThrow) {
  Bench bench;
  bench.frame(0, {request(0), request(1)});
  bench.refuse = true;
  EXPECT_THROW(bench.frame(2 * timeout), std::runtime_error);
}

TEST(FlowTable, HoldsManyOpenFlows) {
  Bench bench;
  constexpr std::uint64_t many = 100'000;
  for (int round = 0; round < 2; ++round) {
    for (std::uint64_t i = 0; i < many; ++i) {
      const std::uint64_t stream = i * 7919 % many;  // in another order than that of the numbers
      bench.frame(round, {round == 0 ? request(stream) : reply(stream)});
    }
  }
  EXPECT_EQ(bench.table().open_flows(), many);
  bench.end();
  ASSERT_EQ(bench.ended.size(), many);
  for (std::uint64_t i = 0; i < many; ++i) {
    ASSERT_EQ(bench.ended[i].key.stream, i * 7919 % many);
    ASSERT_EQ(bench.ended[i].trace.forward, (Frames{i + 1}));
    ASSERT_EQ(bench.ended[i].trace.backward, (Frames{i + 1 + many}));
  }
}

TEST(FlowTable, HoldsOnlyTheFlowsThatAreOpen) {
  Bench bench({.tcp_idle_timeout = std::chrono::seconds(1),
               .udp_idle_timeout = std::chrono::seconds(1),
               .remembered_streams = 16});
  std::uint64_t most_open = 0;
  for (std::int64_t i = 0; i < 100'000; ++i) {
    bench.frame(i * second / 10, {request(static_cast<std::uint64_t>(i))});
    most_open = std::max(most_open, bench.table().open_flows());
  }
  EXPECT_EQ(most_open, 11U);
  EXPECT_EQ(bench.table().ended_flows(), 100'000U - 11);
}

FlowPolicy with_active(std::chrono::nanoseconds longest) {
  FlowPolicy policy;
  policy.active_timeout = longest;
  return policy;
}

TEST(ActiveTimeout, CutsAFlowThatLastsLonger) {
  Bench bench(with_active(std::chrono::seconds(10)));
  bench.frame(0, {request(0)});
  bench.frame(10 * second, {reply(0)});
  EXPECT_EQ(bench.streams(), "");
  bench.frame(10 * second + 1, {reply(0)});
  EXPECT_EQ(bench.streams(), "0");
  EXPECT_EQ(bench.ended[0].reason, EndReason::active);
  bench.end();
  EXPECT_EQ(bench.ended[1].split_index, 1U);
  EXPECT_EQ(bench.ended[1].source, client);  // though it begins with a reply
  EXPECT_EQ(bench.ended[1].trace.backward.size(), 1U);
}

TEST(ActiveTimeout, CountsFromThePartsFirstPacketThatCame) {
  Bench bench(with_active(std::chrono::seconds(10)));
  bench.frame(5 * second, {request(0)});
  bench.frame(0, {request(0)});  // earlier, but not the first
  bench.frame(15 * second, {request(0)});
  EXPECT_EQ(bench.streams(), "");
  bench.frame(16 * second, {request(0)});
  bench.frame(26 * second, {request(0)});
  EXPECT_EQ(bench.streams(), "0");
}

TEST(ActiveTimeout, NoOtherTrafficCuts) {
  Bench bench(with_active(std::chrono::seconds(10)));
  bench.frame(0, {request(0)});
  bench.frame(100 * second, {request(1)});
  EXPECT_EQ(bench.streams(), "");
}

TEST(ActiveTimeout, IdleIsTheReasonWhereBothAre) {
  Bench bench(with_active(std::chrono::seconds(10)));
  bench.frame(0, {request(0)});
  bench.frame(1000 * second, {request(0)});
  EXPECT_EQ(bench.ended.at(0).reason, EndReason::idle);
}

TEST(FlowsOfOneFrame, AreHandedOverByTheirFirstPackets) {
  Bench bench(with_active(std::chrono::seconds(10)));
  bench.frame(0, {request(7)});
  bench.frame(1 * second, {request(3)});
  bench.frame(20 * second, {request(3), request(7)});
  EXPECT_EQ(bench.streams(), "7 3");
}

TEST(Direction, OfAHandshakeIsThatOfItsSyn) {
  Packet syn_ack = reply(0);
  syn_ack.tcp_flags = tcp_flag::syn | tcp_flag::ack;
  for (const DirectionPolicy direction : {DirectionPolicy::first, DirectionPolicy::handshake}) {
    FlowPolicy policy;
    policy.direction = direction;
    Bench bench(policy);
    bench.frame(0, {syn_ack});
    bench.frame(1, {request(0)});
    bench.end();
    EXPECT_EQ(bench.ended[0].source, direction == DirectionPolicy::first ? server : client);
    EXPECT_EQ(bench.ended[0].basis, DirectionBasis::synack);
  }
}

TEST(Direction, SaysWhatItComesFrom) {
  const auto basis = [](Packet packet, std::uint16_t flags) {
    packet.tcp_flags = flags;
    Bench bench;
    bench.frame(0, {packet});
    bench.frame(1000 * second, {packet});  // a later part has that of the first
    bench.end();
    EXPECT_EQ(bench.ended[0].basis, bench.ended[1].basis);
    return bench.ended[0].basis;
  };
  EXPECT_EQ(basis(request(0), tcp_flag::syn), DirectionBasis::syn);
  EXPECT_EQ(basis(request(0), tcp_flag::syn | tcp_flag::ack), DirectionBasis::synack);
  EXPECT_EQ(basis(request(0), tcp_flag::ack), DirectionBasis::middle);
  EXPECT_EQ(basis(test::udp(0, client, server), 0), DirectionBasis::first);
}

TEST(Clock, MonotonePacketsAreNoEarlierThanTheOneBefore) {
  FlowPolicy policy;
  policy.clock = ClockPolicy::monotone;
  Bench bench(policy);
  bench.frame(10 * second, {request(0)});
  bench.frame(5 * second, {request(0)});
  bench.frame(8 * second, {reply(0), request(1)});
  bench.end();
  EXPECT_EQ(bench.ended[0].first_ns, 10 * second);
  EXPECT_EQ(bench.ended[0].last_ns, 10 * second);
  EXPECT_EQ(bench.ended[1].first_ns, 8 * second);
  EXPECT_EQ(bench.table().disordered_packets(), 2U);
}

TEST(IdleTimeout, MayDifferByProtocol) {
  FlowPolicy policy;
  policy.tcp_idle_timeout = std::chrono::seconds(100);
  policy.udp_idle_timeout = std::chrono::seconds(10);
  Bench bench(policy);
  bench.frame(0, {request(0)});
  bench.frame(85 * second, {test::udp(1, client, server)});
  bench.frame(95 * second, {});
  EXPECT_EQ(bench.streams(), "");
  bench.frame(102 * second, {});  // UDP's ended at 95 s, TCP's at 100 s
  EXPECT_EQ(bench.streams(), "1 0");
}

TEST(IdleTimeout, OfTheOtherTransports) {
  FlowPolicy policy;
  policy.sctp_idle_timeout = std::chrono::seconds(1);
  policy.dccp_idle_timeout = std::chrono::seconds(2);
  policy.icmp_idle_timeout = std::chrono::seconds(3);
  Bench bench(policy);
  std::uint64_t stream = 0;
  for (const Transport transport : all_transports) bench.frame(0, {of(transport, stream++, client, server)});
  bench.frame(10 * second, {});
  EXPECT_EQ(bench.streams(), "2 3 4 5");  // SCTP, DCCP, ICMP, ICMPv6
}

TEST(SctpAssociation, GoesOverSeveralAddresses) {
  const Endpoint second_client = endpoint(77, client.port), second_server = endpoint(78, server.port);
  Bench bench;
  bench.frame(0, {of(Transport::sctp, 0, client, server)});
  bench.frame(0, {of(Transport::sctp, 0, second_client, server)});
  bench.frame(0, {of(Transport::sctp, 0, second_server, second_client)});
  bench.frame(0, {of(Transport::sctp, 0, second_client, second_server)});
  bench.end();
  EXPECT_EQ(bench.ended[0].trace.forward, (Frames{1, 2, 4}));
  EXPECT_EQ(bench.ended[0].trace.backward, (Frames{3}));
}

TEST(SctpAssociation, WithOnePortIsToldByTheAddressThatIsKnown) {
  const Endpoint one = endpoint(1, 2905), other = endpoint(2, 2905);
  const Endpoint new_one = endpoint(77, 2905);
  Bench bench;
  bench.frame(0, {of(Transport::sctp, 0, one, other)});
  bench.frame(0, {of(Transport::sctp, 0, new_one, other)});
  bench.frame(0, {of(Transport::sctp, 0, other, new_one)});
  bench.frame(0, {of(Transport::sctp, 0, other, one)});
  bench.end();
  EXPECT_EQ(bench.ended[0].trace.forward, (Frames{1, 2}));
  EXPECT_EQ(bench.ended[0].trace.backward, (Frames{3, 4}));
}

TEST(IcmpErrors, AreTheFlowsThatTheyQuote) {
  Bench bench;
  bench.frame(0, {request(0)});
  bench.frame(1, {}, {request(0).key, request(5).key});
  bench.frame(2, {request(1)}, {request(1).key});  // its own flow is open by then
  bench.end();
  EXPECT_EQ(bench.ended[0].trace.errors, 1);
  EXPECT_EQ(bench.ended[1].trace.errors, 1);
}

TEST(EndOfInput, IsForcedByTheUser) {
  Bench bench;
  bench.frame(0, {request(0)});
  bench.table().on_end(EndOfInput::interrupted);
  EXPECT_EQ(bench.ended[0].reason, EndReason::forced);
}

}  // namespace
}  // namespace flowmeter
