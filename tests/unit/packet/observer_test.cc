#include "packet/observer.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

namespace flowmeter {
namespace {

class Source final : public PacketSource {
 public:
  using PacketSource::publish;
  using PacketSource::publish_end;
  using PacketSource::publish_segment;

  /// A frame with this many packets.
  void frame(std::size_t packets) {
    const std::vector<Packet> held(packets);
    publish({.number = ++number_, .time_ns = 0, .bytes = 0, .packets = held});
  }

 private:
  std::uint64_t number_ = 0;
};

/// Writes down what it sees: "af1" is a frame, "ap" a packet, "ae" the end, as the observer a saw
/// them.
class Witness final : public PacketObserver {
 public:
  Witness(std::string name, std::string& log) : name_(std::move(name)), log_(log) {}

  void on_frame(const Frame& frame) override {
    log_ += name_ + "f" + std::to_string(frame.number) + " ";
    if (in_frame) in_frame();
  }
  void on_packet(const Packet&) override { log_ += name_ + "p "; }
  void on_segment() override { log_ += name_ + "s "; }
  void on_end(EndOfInput end) override { log_ += name_ + "e" + std::to_string(static_cast<int>(end)) + " "; }

  std::function<void()> in_frame;

 private:
  const std::string name_;
  std::string& log_;
};

class Publishing : public testing::Test {
 protected:
  std::string log;
  Source source;
  Witness a{"a", log}, b{"b", log};
};

TEST_F(Publishing, TellsOfSegmentsBetweenFrames) {
  source.attach(a);
  source.attach(b);
  source.frame(0);
  source.publish_segment();
  source.frame(0);
  EXPECT_EQ(log, "af1 bf1 as bs af2 bf2 ");
}

TEST_F(Publishing, TellsObserversInTheOrderOfTheirComing) {
  source.attach(b);
  source.attach(a);
  source.frame(2);
  EXPECT_EQ(log, "bf1 af1 bp ap bp ap ");
}

TEST_F(Publishing, AFrameWithoutPacketsIsAFrame) {
  source.attach(a);
  source.frame(0);
  source.frame(1);
  EXPECT_EQ(log, "af1 af2 ap ");
}

TEST_F(Publishing, TellsHowTheInputEnded) {
  source.attach(a);
  source.attach(b);
  source.publish_end(EndOfInput::damaged);
  EXPECT_EQ(log, "ae1 be1 ");
}

TEST_F(Publishing, NobodyNeedListen) {
  source.frame(1);
  source.publish_end(EndOfInput::complete);
  EXPECT_EQ(log, "");
}

TEST_F(Publishing, OneThatComesDuringAFrameCountsFromTheNext) {
  source.attach(a);
  a.in_frame = [&] {
    source.attach(b);
    a.in_frame = nullptr;
  };
  source.frame(1);
  EXPECT_EQ(log, "af1 ap ");
  source.frame(1);
  EXPECT_EQ(log, "af1 ap af2 bf2 ap bp ");
}

TEST_F(Publishing, ManyMayComeAtOnce) {
  std::vector<std::unique_ptr<Witness>> crowd;
  source.attach(a);
  a.in_frame = [&] {
    for (int i = 0; i < 100; ++i) {
      crowd.push_back(std::make_unique<Witness>("c", log));
      source.attach(*crowd.back());
    }
    a.in_frame = nullptr;
  };
  source.frame(1);
  EXPECT_EQ(log, "af1 ap ");
  log.clear();
  source.frame(0);
  EXPECT_EQ(log.substr(0, 8), "af2 cf2 ");
  EXPECT_EQ(log.size(), 101 * 4U);
}

}  // namespace
}  // namespace flowmeter
