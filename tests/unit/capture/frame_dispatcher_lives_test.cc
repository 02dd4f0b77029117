#include <gtest/gtest.h>

#include <random>
#include <span>

#include "capture_lives.h"

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

/// Frames of a life, context and fillers included.
std::vector<std::string> frames_of(const std::string& capture) {
  const Reading got = read(capture, 0, CaptureOrigin::pipe);
  EXPECT_EQ(got.state, ReaderState::ended);
  return got.packets;
}

TEST(DealerLives, EndExactlyAtTheLimit) {
  const std::string prologue = section(little) + interface(little);
  std::vector<std::string> frames;
  for (std::uint16_t i = 0; i < 500; ++i) frames.push_back(tcp(1, 2, i));
  FrameDispatcher dealer(1, CaptureOrigin::pipe, {.life_frames = 7});
  Lives lives(dealer);
  dealer.feed(prologue + records(frames));
  EXPECT_EQ(dealer.life(0), 71U);
  EXPECT_EQ(dealer.given(0), 3U);
  dealer.finish();
  lives.finish();
  ASSERT_EQ(lives.captures().size(), 72U);
  for (const auto& [life, capture] : lives.captures()) {
    const auto begin = frames.begin() + life.second * 7;
    const auto end = life.second == 71 ? frames.end() : begin + 7;
    EXPECT_EQ(capture, prologue + records({begin, end}));
    const DispatchSpan& run = dealer.log().front();
    EXPECT_EQ(run.life, life.second);
    EXPECT_EQ(run.first, 0U);
    EXPECT_EQ(run.count, end - begin);
    dealer.log().pop();
  }
}

TEST(DealerLives, EndWithTheNextFrameOnly) {
  unsigned ends = 0;
  FrameDispatcher dealer(1, CaptureOrigin::pipe, {.life_frames = 2});
  dealer.on_life_end([&](unsigned lane) {
    EXPECT_EQ(dealer.given(lane), 2U + 3U);  // with the fillers
    EXPECT_EQ(read(dealer.output(lane), 0, CaptureOrigin::pipe).kinds(), "SIFFFFF");
    dealer.output(lane).clear();
    ++ends;
  });
  dealer.feed(section(little) + interface(little) + records({tcp(1, 2), tcp(2, 1)}));
  EXPECT_TRUE(dealer.filler(0, 3));
  EXPECT_EQ(ends, 0U);
  dealer.feed(records({tcp(1, 2)}));
  EXPECT_EQ(ends, 1U);
  EXPECT_EQ(dealer.given(0), 1U);
  dealer.feed(block(little, 5, std::string(12, '\0')));
  EXPECT_EQ(read(dealer.output(0), 0, CaptureOrigin::pipe).kinds(), "SIF-");
}

TEST(DealerLives, NeverEndWithoutACallbackOrALimit) {
  FrameDispatcher without(1, CaptureOrigin::pipe, {.life_frames = 1});
  FrameDispatcher unlimited(1, CaptureOrigin::pipe);
  Lives lives(unlimited);
  const std::string input = section(little) + interface(little) + records({tcp(1, 2), tcp(1, 2)});
  for (FrameDispatcher* dealer : {&without, &unlimited}) {
    dealer->feed(input);
    dealer->finish();
    EXPECT_EQ(dealer->life(0), 0U);
    EXPECT_EQ(dealer->output(0), input);
  }
}

TEST(DealerLives, FragmentsAreGivenAgain) {
  const std::string prologue = section(little) + interface(little) + interface(little, 101);
  const std::string v6 = ipv6(44, 1, 2, std::string("\x06\0\0\1\0\0\0\1", 8) + ports(1, 2));
  const std::string vlan = ethernet(std::string("\0\5\x08\0", 4) + ipv4(17, 3, 4, "x", 9), 0x8100);
  const std::string fragments = enhanced(little, part(1, 2, 0x2000)) + enhanced(little, v6, 1) +
                                simple(little, vlan, static_cast<std::uint32_t>(vlan.size()));
  FrameDispatcher dealer(1, CaptureOrigin::pipe, {.life_frames = 3});
  Lives lives(dealer);
  dealer.feed(prologue + fragments + records({tcp(1, 2)}));
  EXPECT_EQ(dealer.output(0), prologue + fragments + records({tcp(1, 2)}));
  EXPECT_EQ(dealer.given(0), 4U);
  dealer.log().pop();
  EXPECT_EQ(dealer.log().front().first, 3U);
  const std::string fresh = section(Order::big) + interface(Order::big);
  dealer.feed(fresh);  // where they have no meaning
  for (const char* frame : {"one", "two", "three"}) dealer.feed(enhanced(Order::big, frame));
  EXPECT_EQ(dealer.output(0), fresh + enhanced(Order::big, "three"));
}

TEST(DealerLives, ALifeBegunByTheCallerHasContextToo) {
  const std::string prologue = section(little) + interface(little);
  FrameDispatcher dealer(1, CaptureOrigin::pipe, {.life_frames = 100});
  dealer.feed(prologue + records({tcp(1, 2), part(1, 2, 0x2000)}));
  dealer.new_life(0);
  EXPECT_EQ(dealer.output(0), prologue + records({part(1, 2, 0x2000)}));
  EXPECT_EQ(dealer.given(0), 1U);
  EXPECT_FALSE(dealer.needed(0));
}

TEST(DealerLives, TheRestBelongsToTheLastLife) {
  FrameDispatcher dealer(1, CaptureOrigin::pipe, {.life_frames = 1});
  Lives lives(dealer);
  dealer.feed(section(little) + interface(little) + records({tcp(1, 2), tcp(1, 2)}) + "torn");
  dealer.finish();
  lives.finish();
  EXPECT_EQ(read(lives.capture(0, 1), 0, CaptureOrigin::pipe).kinds(), "SIFT");
  dealer.log().pop();
  dealer.log().pop();
  EXPECT_TRUE(dealer.log().front().rest);
  EXPECT_EQ(dealer.log().front().life, 1U);
  EXPECT_EQ(dealer.log().front().first, 1U);
}

TEST(DealerLives, ALaneWithoutFramesStaysSmallAndReady) {
  const std::string prologue = section(little) + interface(little);
  unsigned host = 1;  // one whose frames are not the first worker's
  const auto frame = [&] { return tcp(static_cast<std::uint8_t>(host), 99); };
  while (worker_of(routing_key(1, frame()), 2) == 0) ++host;
  FrameDispatcher dealer(2, CaptureOrigin::pipe);
  EXPECT_FALSE(dealer.needed(0));
  const std::string statistics = block(little, 5, std::string(12, '\0'));
  for (unsigned i = 0; i < 100000; ++i) {
    if (i % 1000 == 0) dealer.feed(prologue);
    dealer.feed(statistics);
    ASSERT_LT(dealer.output(1).size(), 70000U);
    dealer.output(0).clear();
  }
  EXPECT_FALSE(dealer.needed(1));
  dealer.feed(records({frame()}));
  EXPECT_TRUE(dealer.needed(1));
  EXPECT_FALSE(dealer.needed(0));
  const Reading got = read(dealer.output(1), 0, CaptureOrigin::pipe);
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
  std::uint64_t life_frames;
  bool keeper;
};

void PrintTo(const Setting& setting, std::ostream* out) {
  *out << setting.workers << " workers, " << setting.life_frames << " frames, "
       << (setting.keeper ? "keeper" : "no keeper");
}

class RandomLives : public testing::TestWithParam<Setting> {
 protected:
  void deal(RandomCapture& input) {
    const auto [workers, life_frames, keeper] = GetParam();
    FrameDispatcher dealer(workers, CaptureOrigin::pipe, {.life_frames = life_frames, .keeper = keeper});
    Lives lives(dealer);
    for (std::string_view left = input.bytes(); !left.empty();) {
      const std::string piece(left.substr(0, 1 + input.below(500)));
      left.remove_prefix(piece.size());
      dealer.feed(piece);
      if (input.below(4) == 0) dealer.filler(input.below(dealer.lanes()), input.below(3));
    }
    dealer.finish();
    lives.finish();
    frames_.clear();
    for (const auto& [life, capture] : lives.captures()) frames_[life] = frames_of(capture);
    ASSERT_EQ(dealer.frames(), input.frames().size());
    check(dealer, input);
  }

 private:
  /// Follows the log: every frame once and in order, every life with its context first.
  void check(FrameDispatcher& dealer, const RandomCapture& input) {
    std::map<unsigned, std::vector<std::size_t>> fragments;  // of a lane, so far
    std::map<Lives::Life, std::uint64_t> places;             // of a life: those that are taken
    std::map<Lives::Life, std::uint64_t> counts;             // and those that are real
    for (std::size_t i = 0; i < input.frames().size(); ++i) {
      ASSERT_FALSE(dealer.log().empty());
      const DispatchSpan one = dealer.log().take();
      const Lives::Life life{one.worker, one.life};
      ASSERT_TRUE(frames_.contains(life));
      const std::vector<std::string>& frames = frames_[life];
      ASSERT_LT(one.first, frames.size());
      EXPECT_EQ(frames[one.first], input.frames()[i]);
      const bool keeper = one.worker == dealer.workers();
      if (!places.contains(life) && one.life != 0) {
        expect_context(input, fragments[one.worker], i, {frames.data(), one.first});
      }
      EXPECT_TRUE(!places.contains(life) || places[life] <= one.first);
      places[life] = one.first + 1;
      EXPECT_TRUE(++counts[life] <= GetParam().life_frames || keeper);
      EXPECT_TRUE(one.life == 0 || !keeper);
      const std::uint64_t full = GetParam().life_frames;
      const std::uint64_t least = GetParam().workers > 1 ? (full + 1) / 2 : full;
      EXPECT_TRUE(one.life == 0 || (counts[{one.worker, one.life - 1}] >= least));
      if (routing_key(1, input.frames()[i]).fragment) fragments[one.worker].push_back(i);
    }
    EXPECT_TRUE(dealer.log().empty());
  }

  /// Before frame `i`: all the fragments that its lane had in this section.
  void expect_context(const RandomCapture& input, const std::vector<std::size_t>& fragments, std::size_t i,
                      std::span<const std::string> context) {
    std::vector<std::string> expected;
    for (const std::size_t at : fragments) {
      if (input.sections()[at] == input.sections()[i]) expected.push_back(input.frames()[at]);
    }
    EXPECT_EQ(std::vector<std::string>(context.begin(), context.end()), expected);
  }

  std::map<Lives::Life, std::vector<std::string>> frames_;
};

TEST_P(RandomLives, HaveEveryFrameOnceAndContextFirst) {
  for (unsigned seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(seed);
    RandomCapture input(seed);
    deal(input);
    if (HasFatalFailure()) return;
  }
}

std::vector<Setting> settings() {
  std::vector<Setting> all;
  for (const unsigned workers : {1U, 2U, 3U, 5U}) {
    for (const std::uint64_t life_frames : {1U, 2U, 7U}) {
      for (const bool keeper : {false, true}) all.push_back({workers, life_frames, keeper});
    }
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(Settings, RandomLives, testing::ValuesIn(settings()));

}  // namespace
}  // namespace flowmeter::test
