// Ends of flows other than by idle and active time-outs: a closed connection, too many flows, a wire that is
// silent.

#include <gtest/gtest.h>

#include "flow_support.h"

namespace flowmeter {
namespace {

using namespace test;
using std::chrono::seconds;

constexpr std::int64_t second = 1'000'000'000;

Packet with_flags(Packet packet, std::uint16_t flags) {
  packet.tcp_flags = flags;
  return packet;
}

FlowPolicy closing() {
  FlowPolicy policy;
  policy.close_linger = seconds(2);
  return policy;
}

std::size_t packets(const Ended& flow) { return flow.trace.forward.size() + flow.trace.backward.size(); }

constexpr std::uint16_t fin = tcp_flag::fin | tcp_flag::ack, reset = tcp_flag::rst, ack = tcp_flag::ack;

TEST(FlowTableClose, EndsALingerBehindTheFinsOfBothSides) {
  Bench bench(closing());
  bench.frame(0, {with_flags(request(1), fin)});
  bench.frame(second, {with_flags(reply(1), fin)});
  bench.frame(2 * second, {with_flags(request(1), ack)});  // belongs to it
  bench.frame(3 * second);
  EXPECT_EQ(bench.streams(), "");  // no more than the linger has passed
  bench.frame(3 * second + 1);
  ASSERT_EQ(bench.streams(), "1");
  EXPECT_EQ(bench.ended[0].reason, EndReason::close);
  EXPECT_EQ(packets(bench.ended[0]), 3U);
}

TEST(FlowTableClose, OneFinIsNotTheEndAndAResetIs) {
  Bench bench(closing());
  bench.frame(0, {with_flags(request(1), fin), with_flags(request(2), reset)});
  bench.frame(10 * second);
  EXPECT_EQ(bench.streams(), "2");
  bench.frame(601 * second);
  EXPECT_EQ(bench.streams(), "1");
  EXPECT_EQ(bench.ended[1].reason, EndReason::idle);
}

TEST(FlowTableClose, IsNotAskedForByDefault) {
  Bench bench;
  bench.frame(0, {with_flags(request(1), reset)});
  bench.frame(100 * second);
  EXPECT_EQ(bench.streams(), "");
}

TEST(FlowTableClose, WhatComesLaterIsAnotherPartOfTheStream) {
  Bench bench(closing());
  bench.frame(0, {with_flags(request(1), reset)});
  bench.frame(5 * second, {with_flags(reply(1), ack)});
  bench.end();
  ASSERT_EQ(bench.ended.size(), 2U);
  EXPECT_EQ(bench.ended[1].split_index, 1U);
  EXPECT_EQ(bench.ended[1].source, bench.ended[0].source);
}

TEST(FlowTableRoom, TheOneLongestWithoutAPacketGoes) {
  FlowPolicy policy;
  policy.most_flows = 2;
  Bench bench(policy);
  bench.frame(1, {request(1)});
  bench.frame(2, {udp(2, client, server)});
  bench.frame(3, {request(1)});
  bench.frame(4, {request(3)});
  EXPECT_EQ(bench.streams(), "2");
  EXPECT_EQ(bench.ended[0].reason, EndReason::forced);
  EXPECT_EQ(bench.table().open_flows(), 2U);
  bench.frame(5, {request(4)});
  EXPECT_EQ(bench.streams(), "1");
  bench.end();
  EXPECT_EQ(bench.streams(), "3 4");
}

TEST(FlowTableTime, EndsWhatIsIdleAndChangesNothingElse) {
  Bench bench;
  bench.frame(0, {request(1)});
  bench.frame(second, {request(2)});
  bench.table().on_time(600 * second);
  EXPECT_EQ(bench.streams(), "");
  bench.table().on_time(600 * second + 1);
  EXPECT_EQ(bench.streams(), "1");
  bench.frame(2 * second, {reply(2)});  // the clock is still that of the frames
  bench.table().on_time(602 * second);
  EXPECT_EQ(bench.streams(), "");
  bench.end();
  EXPECT_EQ(bench.streams(), "2");
  EXPECT_EQ(packets(bench.ended[1]), 2U);
}

TEST(FlowTableTime, EndsWhatIsClosed) {
  Bench bench(closing());
  bench.frame(0, {with_flags(request(1), reset)});
  bench.table().on_time(2 * second + 1);
  EXPECT_EQ(bench.streams(), "1");
}

}  // namespace
}  // namespace flowmeter
