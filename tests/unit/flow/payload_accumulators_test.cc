#include <gtest/gtest.h>

#include "flow/accumulators.h"
#include "flow/activity_accumulators.h"
#include "flow/header_accumulators.h"
#include "flow/payload_accumulators.h"
#include "flow_support.h"
#include "packet/decoder.h"

namespace flowmeter {
namespace {

using test::Kept;
using test::second;

constexpr Direction forward = Direction::forward, backward = Direction::backward;
constexpr std::int64_t ms = 1'000'000;

Packet data(std::int64_t time_ns, std::uint32_t bytes, std::uint8_t header = 20) {
  Packet packet;
  packet.time_ns = time_ns;
  packet.facts.payload_bytes = bytes;
  packet.facts.header_bytes = header;
  return packet;
}

TEST(FlowGaps, AreThoseOfBothDirections) {
  Kept<FlowGapState> kept(&make_flow_gaps);
  kept.add(data(10, 0), forward);
  EXPECT_EQ(kept.state().gaps.count, 0U);
  kept.add(data(11, 0), backward);
  kept.add(data(15, 0), forward);
  kept.add(data(14, 0), forward);
  EXPECT_EQ(kept.state().gaps.count, 3U);
  EXPECT_EQ(kept.state().gaps.min, -1);
  EXPECT_EQ(kept.state().gaps.max, 4);
  EXPECT_EQ(total_ns(kept.state().gaps), 4);
}

TEST(FlowGaps, MayAddUpToLessThanNothing) {
  Kept<FlowGapState> kept(&make_flow_gaps);
  kept.add(data(10, 0), forward);
  kept.add(data(3, 0), forward);
  EXPECT_EQ(total_ns(kept.state().gaps), -7);
}

TEST(Payloads, AreCountedByDirection) {
  Kept<PayloadState> kept(&make_payloads);
  kept.add(data(100, 10), forward);
  kept.add(data(200, 0), forward);
  kept.add(data(300, 1400), backward);
  const PayloadState& state = kept.state();
  EXPECT_EQ(state.of[Direction::forward].bytes.count, 2U);
  EXPECT_EQ(state.of[Direction::forward].data_packets, 1U);
  EXPECT_EQ(state.of[Direction::backward].bytes.max, 1400U);
  EXPECT_EQ(state.start_ns, 100);
  EXPECT_EQ(state.previous_ns, 300);
  const SizeDistribution both = state.both();
  EXPECT_EQ(both.count, 3U);
  EXPECT_EQ(both.min, 0U);
  EXPECT_EQ(both.max, 1400U);
  EXPECT_EQ(both.sum1.limbs[0], 1410U);
}

TEST(Subflows, BeginAfterMoreThanASecond) {
  Kept<PayloadState> kept(&make_payloads);
  EXPECT_EQ(kept.state().subflows, 0U);
  kept.add(data(0, 1), forward);
  kept.add(data(second, 1), backward);
  EXPECT_EQ(kept.state().subflows, 1U);
  kept.add(data(2 * second + 1, 1), forward);
  EXPECT_EQ(kept.state().subflows, 2U);
}

TEST(Bulks, TakeFourPacketsWithPayload) {
  Kept<BulkState> kept(&make_bulks);
  for (int i = 0; i < 3; ++i) kept.add(data(i * 10 * ms, 100), forward);
  EXPECT_EQ(kept.state().bulks(static_cast<Direction>(0)).count, 0U);
  kept.add(data(25 * ms, 0), forward);
  kept.add(data(26 * ms, 0), backward);
  EXPECT_EQ(kept.state().bulks(static_cast<Direction>(0)).count, 0U);
  kept.add(data(30 * ms, 100), forward);
  EXPECT_EQ(kept.state().bulks(static_cast<Direction>(0)).packets, 4U);
  EXPECT_EQ(kept.state().bulks(static_cast<Direction>(0)).duration_ns, 30 * ms);
  kept.add(data(40 * ms, 1), forward);
  const Bulks bulks = kept.state().bulks(static_cast<Direction>(0));
  EXPECT_EQ(bulks.count, 1U);
  EXPECT_EQ(bulks.packets, 5U);
  EXPECT_EQ(bulks.bytes, 401U);
  EXPECT_EQ(bulks.duration_ns, 40 * ms);
  EXPECT_EQ(kept.state().bulks(static_cast<Direction>(1)).count, 0U);
}

TEST(Bulks, EndWithPayloadOfTheOtherDirection) {
  Kept<BulkState> kept(&make_bulks);
  for (int i = 0; i < 4; ++i) kept.add(data(i, 1), forward);
  kept.add(data(4, 1), backward);
  for (int i = 5; i < 8; ++i) kept.add(data(i, 1), forward);
  EXPECT_EQ(kept.state().bulks(static_cast<Direction>(0)).count, 1U);
  EXPECT_EQ(kept.state().bulks(static_cast<Direction>(0)).packets, 4U);
  kept.add(data(8, 1), forward);
  EXPECT_EQ(kept.state().bulks(static_cast<Direction>(0)).count, 2U);
  EXPECT_EQ(kept.state().bulks(static_cast<Direction>(0)).duration_ns, 6);
}

TEST(Bulks, EndAfterMoreThanASecond) {
  Kept<BulkState> kept(&make_bulks);
  kept.add(data(0, 1), backward);
  for (int i = 1; i < 4; ++i) kept.add(data(i * second, 1), backward);
  EXPECT_EQ(kept.state().bulks(static_cast<Direction>(1)).count, 1U);
  kept.add(data(4 * second + 1, 1), backward);
  EXPECT_EQ(kept.state().bulks(static_cast<Direction>(1)).packets, 4U);
  EXPECT_EQ(kept.state().last.packets, 1U);
}

TEST(Activity, OnePacketIsNeitherActiveNorIdle) {
  Kept<ActivityState> kept(&make_activity);
  kept.add(data(7 * second, 0), forward);
  EXPECT_EQ(kept.state().active().count, 0U);
  EXPECT_EQ(kept.state().idle.count, 0U);
}

TEST(Activity, EndsWithMoreThanFiveSeconds) {
  Kept<ActivityState> kept(&make_activity);
  kept.add(data(second, 0), forward);
  kept.add(data(6 * second, 0), backward);
  EXPECT_EQ(kept.state().active().max, 5 * second);
  kept.add(data(11 * second + 1, 0), forward);  // alone
  kept.add(data(20 * second, 0), forward);
  kept.add(data(22 * second, 0), forward);
  const GapDistribution active = kept.state().active();
  EXPECT_EQ(active.count, 2U);
  EXPECT_EQ(active.min, 2 * second);
  EXPECT_EQ(active.max, 5 * second);
  EXPECT_EQ(kept.state().idle.count, 2U);
  EXPECT_EQ(kept.state().idle.min, 5 * second + 1);
}

TEST(Headers, AreCountedByDirection) {
  Kept<HeaderState> kept(&make_headers);
  kept.add(data(0, 0, 40), forward);
  kept.add(data(0, 0, 20), forward);
  EXPECT_EQ(kept.state()[Direction::forward].bytes, 60U);
  EXPECT_EQ(kept.state()[Direction::forward].least_bytes, std::uint8_t{20});
  EXPECT_FALSE(kept.state()[Direction::backward].least_bytes);
}

TEST(FirstWindow, IsThatOfTheFirstPacketAlone) {
  FieldSet fields;
  PacketDecoder::add_fields(fields);
  const FeatureSettings settings;
  AccumulatorContext context{fields, settings};
  AccumulatorSet set;
  set.add(&make_first_windows, context);
  ASSERT_NE(fields.find("tcp.window_size_value"), no_field);
  PacketDecoder decoder(fields);
  alignas(FirstWindowState) std::byte memory[sizeof(FirstWindowState)];
  set.construct(memory);
  const auto take = [&](const char* protocols, const char* window, Direction direction) {
    const Record record = test::record_of(fields, {{"frame.protocols", {protocols}},
                                                   {"tcp.stream", {"0"}},
                                                   {"tcp.flags", {"0x0010"}},
                                                   {"udp.stream", {"0"}},
                                                   {"tcp.window_size_value", {window}}});
    set.add_packet(memory, decoder.decode(record).packets[0], direction);
  };
  const FirstWindowState& state = *std::launder(reinterpret_cast<FirstWindowState*>(memory));
  take("eth:ip:tcp", "65535", forward);
  take("eth:ip:tcp", "502", forward);
  EXPECT_EQ(state[Direction::forward], std::uint16_t{65535});
  EXPECT_FALSE(state[Direction::backward]);
  take("eth:ip:udp", "502", backward);
  EXPECT_EQ(state[Direction::backward], std::uint16_t{0});
  set.destroy(memory);
}

}  // namespace
}  // namespace flowmeter
