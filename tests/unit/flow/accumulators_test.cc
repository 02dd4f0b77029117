#include "flow/accumulators.h"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <new>
#include <vector>

#include "flow_support.h"

namespace flowmeter {
namespace {

using test::Kept;
using test::second;

constexpr Direction forward = Direction::forward, backward = Direction::backward;

Packet at(std::int64_t time_ns, std::uint32_t bytes = 0, std::uint16_t flags = 0) {
  Packet packet;
  packet.time_ns = time_ns;
  packet.frame_bytes = bytes;
  packet.tcp_flags = flags;
  return packet;
}

TEST(Sizes, AreOnTheBasisOfTheSettings) {
  Packet packet = at(0, 60);
  packet.facts.ip_bytes = 46;
  packet.facts.payload_bytes = 6;
  FeatureSettings settings;
  settings.size = SizeBasis::ip;
  Kept<SizeState> ip(&make_sizes, settings);
  settings.size = SizeBasis::payload;
  Kept<SizeState> payload(&make_sizes, settings);
  ip.add(packet, forward);
  payload.add(packet, forward);
  EXPECT_EQ(ip.state()[Direction::forward].max, 46U);
  EXPECT_EQ(payload.state()[Direction::forward].max, 6U);
}

TEST(Sizes, AreTheFramesByDirection) {
  Kept<SizeState> kept(&make_sizes);
  kept.add(at(0, 60), forward);
  kept.add(at(0, 1514), backward);
  kept.add(at(0, 66), forward);
  EXPECT_EQ(kept.state()[Direction::forward].count, 2U);
  EXPECT_EQ(kept.state()[Direction::forward].min, 60U);
  EXPECT_EQ(kept.state()[Direction::forward].max, 66U);
  EXPECT_EQ(kept.state()[Direction::backward].count, 1U);
  EXPECT_EQ(kept.state()[Direction::backward].max, 1514U);
}

TEST(GapsBetweenPackets, AreThoseOfOneDirection) {
  Kept<GapState> kept(&make_gaps);
  kept.add(at(10), forward);
  kept.add(at(11), backward);
  kept.add(at(15), forward);
  kept.add(at(31), backward);
  kept.add(at(35), forward);
  const auto& gaps = kept.state().gaps;
  EXPECT_EQ(gaps[Direction::forward].count, 2U);
  EXPECT_EQ(gaps[Direction::forward].min, 5);
  EXPECT_EQ(gaps[Direction::forward].max, 20);
  EXPECT_EQ(gaps[Direction::backward].count, 1U);
  EXPECT_EQ(gaps[Direction::backward].min, 20);
}

TEST(GapsBetweenPackets, OnePacketHasNone) {
  Kept<GapState> kept(&make_gaps);
  kept.add(at(10), forward);
  EXPECT_EQ(kept.state().gaps[Direction::forward].count, 0U);
  EXPECT_EQ(kept.state().gaps[Direction::backward].count, 0U);
}

TEST(GapsBetweenPackets, MayBeNegative) {
  Kept<GapState> kept(&make_gaps);
  kept.add(at(10 * second), forward);
  kept.add(at(-5 * second), forward);
  EXPECT_EQ(kept.state().gaps[Direction::forward].min, -15 * second);
}

TEST(Flags, AreCountedEachByItself) {
  Kept<FlagState> kept(&make_flags);
  kept.add(at(0, 0, tcp_flag::syn), forward);
  kept.add(at(0, 0, tcp_flag::syn | tcp_flag::ack), backward);
  kept.add(at(0, 0, 0xffff), forward);
  kept.add(at(0, 0, 0), forward);
  const auto counts = [&kept](Direction way) {
    std::array<std::uint64_t, 8> values{};
    for (std::size_t bit = 0; bit < values.size(); ++bit) values[bit] = kept.state()[way][bit].value();
    return values;
  };
  EXPECT_EQ(counts(forward), (std::array<std::uint64_t, 8>{1, 2, 1, 1, 1, 1, 1, 1}));
  EXPECT_EQ(counts(backward), (std::array<std::uint64_t, 8>{0, 1, 0, 0, 1, 0, 0, 0}));
}

TEST(SmallCounter, CarriesIntoItsHigherWords) {
  SmallCounter counter;
  std::uint64_t sum = 0;
  for (const std::uint16_t step : std::initializer_list<std::uint16_t>{0xffff, 1, 0xffff, 0xffff, 2}) {
    counter.add(step);
    sum += step;
    EXPECT_EQ(counter.value(), sum);
  }
  for (std::uint64_t i = 0; i < 70'000; ++i) counter.add(0xffff);
  sum += std::uint64_t{70'000} * 0xffff;
  EXPECT_EQ(counter.value(), sum);
  EXPECT_GT(sum, std::uint64_t{1} << 32);
}

struct Odd {
  char bytes[3] = {1, 2, 3};
};
class OddKind final : public WholeAccumulatorOf<Odd> {
  void add_packet(Odd& state, const Packet&, Direction) const override { ++state.bytes[0]; }
};
std::unique_ptr<Accumulator> make_odd(AccumulatorContext& context) {
  context.fields.add("odd.field");
  return std::make_unique<OddKind>();
}

TEST(AccumulatorSet, HoldsEachKindOnce) {
  FieldSet fields;
  const FeatureSettings settings;
  AccumulatorContext context{fields, settings};
  AccumulatorSet set;
  EXPECT_EQ(set.size(), 0U);
  const std::size_t sizes = set.add(&make_sizes, context);
  const std::size_t flags = set.add(&make_flags, context);
  const std::size_t size = set.size();
  EXPECT_EQ(set.add(&make_sizes, context), sizes);
  EXPECT_EQ(set.add(&make_flags, context), flags);
  EXPECT_EQ(set.size(), size);
  EXPECT_EQ(size, sizeof(SizeState) + sizeof(FlagState));
}

TEST(AccumulatorSet, AlignsStatesAndAsksForFields) {
  FieldSet fields;
  const FeatureSettings settings;
  AccumulatorContext context{fields, settings};
  AccumulatorSet set;
  const std::size_t odd = set.add(&make_odd, context);
  const std::size_t sizes = set.add(&make_sizes, context);
  EXPECT_EQ(odd, 0U);
  EXPECT_EQ(sizes % alignof(SizeState), 0U);
  EXPECT_GE(sizes, sizeof(Odd));
  EXPECT_EQ(fields.names(), (std::vector<std::string>{"odd.field"}));

  alignas(std::max_align_t) std::byte states[1024];
  ASSERT_LE(set.size(), sizeof states);
  set.construct(states);
  set.add_packet(states, at(0, 99), forward);
  EXPECT_EQ(std::launder(reinterpret_cast<Odd*>(states + odd))->bytes[0], 2);
  EXPECT_EQ((*std::launder(reinterpret_cast<SizeState*>(states + sizes)))[Direction::forward].max, 99U);
  set.destroy(states);
}

}  // namespace
}  // namespace flowmeter
