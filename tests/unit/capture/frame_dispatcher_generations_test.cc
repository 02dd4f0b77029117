#include <gtest/gtest.h>

#include <random>
#include <span>

#include "capture_generations.h"

namespace flowmeter::test {
namespace {

constexpr Order little = Order::little;

std::string tcp(std::uint8_t from, std::uint8_t to, std::uint16_t port = 1000) {
  return ethernet(ipv4(6, from, to, ports(port, 80)));
}

/// Part of a UDP datagram; `place`: flags and offset in the header.
std::string part(std::uint8_t from, std::uint8_t to, std::uint16_t place) {
  return ethernet(ipv4(17, from, to, ports(7, 8), place));
}

std::string records(const std::vector<std::string>& frames) {
  std::string bytes;
  for (const std::string& frame : frames) bytes += enhanced(little, frame);
  return bytes;
}

/// Frames of a generation, context and flush frames included.
std::vector<std::string> frames_of(const std::string& capture) {
  const Reading got = read(capture, 0, CaptureOrigin::pipe);
  EXPECT_EQ(got.state, ReaderState::ended);
  return got.packets;
}

TEST(GenerationsTest, EndExactlyAtTheLimit) {
  const std::string preamble = section(little) + interface(little);
  std::vector<std::string> frames;
  for (std::uint16_t i = 0; i < 500; ++i) frames.push_back(tcp(1, 2, i));
  FrameDispatcher dispatcher(1, CaptureOrigin::pipe, {.generation_frames = 7});
  Generations generations(dispatcher);
  dispatcher.feed(preamble + records(frames));
  EXPECT_EQ(dispatcher.generation(0), 71U);
  EXPECT_EQ(dispatcher.given(0), 3U);
  dispatcher.finish();
  generations.finish();
  ASSERT_EQ(generations.captures().size(), 72U);
  for (const auto& [generation, capture] : generations.captures()) {
    const auto begin = frames.begin() + generation.second * 7;
    const auto end = generation.second == 71 ? frames.end() : begin + 7;
    EXPECT_EQ(capture, preamble + records({begin, end}));
    const DispatchSpan& span = dispatcher.log().front();
    EXPECT_EQ(span.generation, generation.second);
    EXPECT_EQ(span.first, 0U);
    EXPECT_EQ(span.count, end - begin);
    dispatcher.log().pop_span();
  }
}

TEST(GenerationsTest, EndWithTheNextFrameOnly) {
  unsigned ends = 0;
  FrameDispatcher dispatcher(1, CaptureOrigin::pipe, {.generation_frames = 2});
  dispatcher.on_generation_end([&](unsigned slot) {
    EXPECT_EQ(dispatcher.given(slot), 2U + 3U);  // with the flush frames
    EXPECT_EQ(read(dispatcher.output(slot), 0, CaptureOrigin::pipe).kinds(), "SIFFFFF");
    dispatcher.output(slot).clear();
    ++ends;
  });
  dispatcher.feed(section(little) + interface(little) + records({tcp(1, 2), tcp(2, 1)}));
  EXPECT_TRUE(dispatcher.add_flush_frames(0, 3));
  EXPECT_EQ(ends, 0U);
  dispatcher.feed(records({tcp(1, 2)}));
  EXPECT_EQ(ends, 1U);
  EXPECT_EQ(dispatcher.given(0), 1U);
  dispatcher.feed(block(little, 5, std::string(12, '\0')));
  EXPECT_EQ(read(dispatcher.output(0), 0, CaptureOrigin::pipe).kinds(), "SIF-");
}

TEST(GenerationsTest, NeverEndWithoutACallbackOrALimit) {
  FrameDispatcher without(1, CaptureOrigin::pipe, {.generation_frames = 1});
  FrameDispatcher unlimited(1, CaptureOrigin::pipe);
  Generations generations(unlimited);
  const std::string input = section(little) + interface(little) + records({tcp(1, 2), tcp(1, 2)});
  for (FrameDispatcher* dispatcher : {&without, &unlimited}) {
    dispatcher->feed(input);
    dispatcher->finish();
    EXPECT_EQ(dispatcher->generation(0), 0U);
    EXPECT_EQ(dispatcher->output(0), input);
  }
}

TEST(GenerationsTest, FragmentsAreGivenAgain) {
  const std::string preamble = section(little) + interface(little) + interface(little, 101);
  const std::string v6 = ipv6(44, 1, 2, std::string("\x06\0\0\1\0\0\0\1", 8) + ports(1, 2));
  const std::string vlan = ethernet(std::string("\0\5\x08\0", 4) + ipv4(17, 3, 4, "x", 9), 0x8100);
  const std::string fragments = enhanced(little, part(1, 2, 0x2000)) + enhanced(little, v6, 1) +
                                simple(little, vlan, static_cast<std::uint32_t>(vlan.size()));
  FrameDispatcher dispatcher(1, CaptureOrigin::pipe, {.generation_frames = 3});
  Generations generations(dispatcher);
  dispatcher.feed(preamble + fragments + records({tcp(1, 2)}));
  EXPECT_EQ(dispatcher.output(0), preamble + fragments + records({tcp(1, 2)}));
  EXPECT_EQ(dispatcher.given(0), 4U);
  dispatcher.log().pop_span();
  EXPECT_EQ(dispatcher.log().front().first, 3U);
  const std::string fresh = section(Order::big) + interface(Order::big);
  dispatcher.feed(fresh);  // where they have no meaning
  for (const char* frame : {"one", "two", "three"}) dispatcher.feed(enhanced(Order::big, frame));
  EXPECT_EQ(dispatcher.output(0), fresh + enhanced(Order::big, "three"));
}

TEST(GenerationsTest, OneThatTheCallerBeginsHasContextToo) {
  const std::string preamble = section(little) + interface(little);
  FrameDispatcher dispatcher(1, CaptureOrigin::pipe, {.generation_frames = 100});
  dispatcher.feed(preamble + records({tcp(1, 2), part(1, 2, 0x2000)}));
  dispatcher.begin_generation(0);
  EXPECT_EQ(dispatcher.output(0), preamble + records({part(1, 2, 0x2000)}));
  EXPECT_EQ(dispatcher.given(0), 1U);
  EXPECT_FALSE(dispatcher.needed(0));
}

TEST(GenerationsTest, TheRestBelongsToTheLastOne) {
  FrameDispatcher dispatcher(1, CaptureOrigin::pipe, {.generation_frames = 1});
  Generations generations(dispatcher);
  dispatcher.feed(section(little) + interface(little) + records({tcp(1, 2), tcp(1, 2)}) + "torn");
  dispatcher.finish();
  generations.finish();
  EXPECT_EQ(read(generations.capture(0, 1), 0, CaptureOrigin::pipe).kinds(), "SIFT");
  dispatcher.log().pop_span();
  dispatcher.log().pop_span();
  EXPECT_TRUE(dispatcher.log().front().rest);
  EXPECT_EQ(dispatcher.log().front().generation, 1U);
  EXPECT_EQ(dispatcher.log().front().first, 1U);
}

TEST(GenerationsTest, ASlotWithoutFramesStaysSmallAndReady) {
  const std::string preamble = section(little) + interface(little);
  unsigned host = 1;  // one whose frames are not the first worker's
  const auto frame = [&] { return tcp(static_cast<std::uint8_t>(host), 99); };
  while (worker_of(routing_key(1, frame()), 2) == 0) ++host;
  FrameDispatcher dispatcher(2, CaptureOrigin::pipe);
  EXPECT_FALSE(dispatcher.needed(0));
  const std::string statistics = block(little, 5, std::string(12, '\0'));
  for (unsigned i = 0; i < 100000; ++i) {
    if (i % 1000 == 0) dispatcher.feed(preamble);
    dispatcher.feed(statistics);
    ASSERT_LT(dispatcher.output(1).size(), 70000U);
    dispatcher.output(0).clear();
  }
  EXPECT_FALSE(dispatcher.needed(1));
  dispatcher.feed(records({frame()}));
  EXPECT_TRUE(dispatcher.needed(1));
  EXPECT_FALSE(dispatcher.needed(0));
  const Reading got = read(dispatcher.output(1), 0, CaptureOrigin::pipe);
  EXPECT_EQ(got.packets, std::vector<std::string>{frame()});
  EXPECT_TRUE(got.kinds().starts_with("SI"));
}

/// A random capture, and what is in it.
class RandomCapture {
 public:
  explicit RandomCapture(unsigned seed) : random_(seed) {
    pcapng_ = below(3) != 0;
    if (!pcapng_) bytes_ = pcap_header(little);
    for (unsigned i = 0; i < 80; ++i) {
      if (pcapng_ && (i == 0 || below(30) == 0)) begin_section();
      add(packet());
    }
  }

  [[nodiscard]] const std::string& bytes() const { return bytes_; }
  [[nodiscard]] const std::vector<std::string>& frames() const { return frames_; }
  [[nodiscard]] const std::vector<unsigned>& sections() const { return sections_; }

  unsigned below(unsigned n) { return static_cast<unsigned>(random_() % n); }

 private:
  void begin_section() {
    ++section_;
    order_ = below(2) == 0 ? Order::little : Order::big;
    bytes_ += section(order_) + interface(order_) + interface(order_);
  }

  void add(const std::string& frame) {
    if (!pcapng_) {
      bytes_ += pcap_record(little, frame);
    } else if (below(4) == 0) {
      bytes_ += simple(order_, frame, static_cast<std::uint32_t>(frame.size()));
    } else {
      bytes_ += enhanced(order_, frame, below(2));
    }
    if (pcapng_ && below(10) == 0) bytes_ += block(order_, 5, std::string(12, '\0'));
    frames_.push_back(frame);
    sections_.push_back(section_);
  }

  std::string packet() {
    const auto from = static_cast<std::uint8_t>(below(6));
    const auto to = static_cast<std::uint8_t>(10 + below(6));
    const auto port = static_cast<std::uint16_t>(below(20) == 0 ? 5060 : 2000 + below(9));
    const std::string payload = ports(port, 7777) + std::string(below(40), 'x');
    const std::uint8_t protocol = below(2) == 0 ? 6 : 17;
    constexpr std::uint16_t places[] = {0x2000, 0x2001, 0x0002};
    const std::string v6_head{static_cast<char>(protocol), 0, 0, static_cast<char>(1 + 8 * below(2)), 0, 0, 0,
                              static_cast<char>(below(3))};
    switch (below(6)) {
      case 0:
        return ethernet(ipv4(protocol, from, to, payload, places[below(3)]));
      case 1:
        return ethernet(ipv6(44, from, to, v6_head + payload), 0x86DD);
      case 2:
        return ethernet(std::string("\0\5\x08\0", 4) + ipv4(protocol, from, to, payload, places[below(3)]),
                        0x8100);
      case 3:
        return below(3) == 0 ? ethernet("arp", 0x806) : ethernet(ipv4(47, from, to, payload));
      default:
        return ethernet(ipv4(protocol, to, from, payload));
    }
  }

  std::minstd_rand random_;
  bool pcapng_ = false;
  Order order_ = little;
  unsigned section_ = 0;
  std::string bytes_;
  std::vector<std::string> frames_;
  std::vector<unsigned> sections_;  // of each frame
};

struct Setting {
  unsigned workers;
  std::uint64_t generation_frames;
  bool stateful;
};

void PrintTo(const Setting& setting, std::ostream* out) {
  *out << setting.workers << " workers, " << setting.generation_frames << " frames, "
       << (setting.stateful ? "a stateful worker" : "no stateful worker");
}

class RandomGenerations : public testing::TestWithParam<Setting> {
 protected:
  void dispatch(RandomCapture& input) {
    const auto [workers, generation_frames, stateful] = GetParam();
    FrameDispatcher dispatcher(workers, CaptureOrigin::pipe,
                               {.generation_frames = generation_frames, .stateful_worker = stateful});
    Generations generations(dispatcher);
    for (std::string_view left = input.bytes(); !left.empty();) {
      const std::string piece(left.substr(0, 1 + input.below(500)));
      left.remove_prefix(piece.size());
      dispatcher.feed(piece);
      if (input.below(4) == 0) dispatcher.add_flush_frames(input.below(dispatcher.slots()), input.below(3));
    }
    dispatcher.finish();
    generations.finish();
    frames_.clear();
    for (const auto& [generation, capture] : generations.captures()) frames_[generation] = frames_of(capture);
    ASSERT_EQ(dispatcher.frames(), input.frames().size());
    check(dispatcher, input);
  }

 private:
  /// Follows the log: every frame once and in order, every generation with its context first.
  void check(FrameDispatcher& dispatcher, const RandomCapture& input) {
    std::map<unsigned, std::vector<std::size_t>> fragments;   // of a slot, so far
    std::map<Generations::Generation, std::uint64_t> places;  // of a generation: those that are taken
    std::map<Generations::Generation, std::uint64_t> counts;  // and those that are real
    for (std::size_t i = 0; i < input.frames().size(); ++i) {
      ASSERT_FALSE(dispatcher.log().empty());
      const DispatchSpan one = dispatcher.log().pop_frame();
      const Generations::Generation generation{one.slot, one.generation};
      ASSERT_TRUE(frames_.contains(generation));
      const std::vector<std::string>& frames = frames_[generation];
      ASSERT_LT(one.first, frames.size());
      EXPECT_EQ(frames[one.first], input.frames()[i]);
      const bool stateful = one.slot == dispatcher.workers();
      if (!places.contains(generation) && one.generation != 0) {
        expect_context(input, fragments[one.slot], i, {frames.data(), one.first});
      }
      EXPECT_TRUE(!places.contains(generation) || places[generation] <= one.first);
      places[generation] = one.first + 1;
      EXPECT_TRUE(++counts[generation] <= GetParam().generation_frames || stateful);
      EXPECT_TRUE(one.generation == 0 || !stateful);
      const std::uint64_t full = GetParam().generation_frames;
      const std::uint64_t least = GetParam().workers > 1 ? (full + 1) / 2 : full;
      EXPECT_TRUE(one.generation == 0 || (counts[{one.slot, one.generation - 1}] >= least));
      if (routing_key(1, input.frames()[i]).fragment) fragments[one.slot].push_back(i);
    }
    EXPECT_TRUE(dispatcher.log().empty());
  }

  /// Before frame `i`: all the fragments that its slot had in this section.
  void expect_context(const RandomCapture& input, const std::vector<std::size_t>& fragments, std::size_t i,
                      std::span<const std::string> context) {
    std::vector<std::string> expected;
    for (const std::size_t at : fragments) {
      if (input.sections()[at] == input.sections()[i]) expected.push_back(input.frames()[at]);
    }
    EXPECT_EQ(std::vector<std::string>(context.begin(), context.end()), expected);
  }

  std::map<Generations::Generation, std::vector<std::string>> frames_;
};

TEST_P(RandomGenerations, HaveEveryFrameOnceAndContextFirst) {
  for (unsigned seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(seed);
    RandomCapture input(seed);
    dispatch(input);
    if (HasFatalFailure()) return;
  }
}

std::vector<Setting> settings() {
  std::vector<Setting> all;
  for (const unsigned workers : {1U, 2U, 3U, 5U}) {
    for (const std::uint64_t generation_frames : {1U, 2U, 7U}) {
      for (const bool stateful : {false, true}) all.push_back({workers, generation_frames, stateful});
    }
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(Settings, RandomGenerations, testing::ValuesIn(settings()));

}  // namespace
}  // namespace flowmeter::test
