#include <gtest/gtest.h>

#include <array>

#include "capture/frame_dispatcher.h"
#include "capture_bytes.h"

namespace flowmeter::test {
namespace {

constexpr Order little = Order::little;

/// A TCP packet between two hosts, told from others by its ports.
std::string packet(unsigned from, unsigned to, unsigned number) {
  return ethernet(ipv4(6, static_cast<std::uint8_t>(from), static_cast<std::uint8_t>(to),
                       ports(static_cast<std::uint16_t>(number), 80)));
}

std::vector<std::string> packets(unsigned count) {
  std::vector<std::string> made;
  for (unsigned i = 0; i < count; ++i) made.push_back(packet(i % 13, 20 + i % 7, i));
  return made;
}

std::string pcap(const std::vector<std::string>& frames) {
  std::string input = pcap_header(little);
  for (const std::string& frame : frames) input += pcap_record(little, frame);
  return input;
}

std::string pcapng(const std::vector<std::string>& frames) {
  std::string input = section(little) + interface(little) + interface(little, 101);
  for (const std::string& frame : frames) input += enhanced(little, frame);
  return input;
}

void feed(FrameDispatcher& dealer, std::string_view input, std::size_t piece = 0) {
  while (!input.empty()) {
    const std::string part(input.substr(0, piece == 0 ? input.size() : piece));
    input.remove_prefix(part.size());
    dealer.feed(part);
  }
}

/// The frames in the order of the log, out of what the workers were given.
std::vector<std::string> collect(FrameDispatcher& dealer) {
  std::vector<std::vector<std::string>> given;
  for (unsigned w = 0; w < dealer.workers(); ++w) {
    given.push_back(read(dealer.output(w), 0, CaptureOrigin::pipe).packets);
  }
  std::vector<std::string> frames;
  while (!dealer.log().empty()) {
    if (dealer.log().front().rest) break;
    const DispatchSpan one = dealer.log().take();
    frames.push_back(given.at(one.worker).at(one.first));
  }
  return frames;
}

TEST(FrameDispatcher, OneWorkerGetsTheInput) {
  for (const std::string& input : {pcap(packets(50)), pcapng(packets(50)), pcap({}),
                                   pcap(packets(3)) + "torn", std::string("no capture")}) {
    for (const std::size_t piece : piece_sizes) {
      FrameDispatcher dealer(1, CaptureOrigin::file);
      feed(dealer, input, piece);
      dealer.finish();
      EXPECT_EQ(dealer.output(0), input);
    }
  }
}

TEST(FrameDispatcher, TheLogPutsTheFramesTogetherAgain) {
  const auto frames = packets(200);
  for (const unsigned workers : {2U, 3U, 5U}) {
    for (const std::string& input : {pcap(frames), pcapng(frames)}) {
      for (const std::size_t piece : piece_sizes) {
        FrameDispatcher dealer(workers, CaptureOrigin::file);
        feed(dealer, input, piece);
        dealer.finish();
        EXPECT_EQ(dealer.frames(), 200U);
        EXPECT_EQ(collect(dealer), frames);
      }
    }
  }
}

TEST(FrameDispatcher, AConversationHasOneWorker) {
  FrameDispatcher dealer(5, CaptureOrigin::file);
  std::string input = pcap_header(little);
  for (unsigned i = 0; i < 100; ++i) {
    input += pcap_record(little, i % 2 == 0 ? packet(1, 2, i) : packet(2, 1, i));
  }
  feed(dealer, input);
  dealer.finish();
  ASSERT_EQ(dealer.log().size(), 1U);
  EXPECT_EQ(dealer.log().front().count, 100U);
}

TEST(FrameDispatcher, WhatIsNotPlainGoesToTheFirst) {
  FrameDispatcher dealer(5, CaptureOrigin::file);
  feed(dealer, pcapng({ethernet(ipv4(17, 1, 2, ports(1, 2), 0x2000)), ethernet("arp", 0x806)}) +
                   block(little, 0xBAD, int32(1, little)));
  dealer.finish();
  ASSERT_EQ(dealer.log().size(), 1U);
  EXPECT_EQ(dealer.log().front().worker, 0U);
  EXPECT_EQ(dealer.log().front().count, 3U);
}

TEST(FrameDispatcher, DamageGoesToTheFirst) {
  const auto frames = packets(20);
  const std::string bad =
      int32(1, little) + int32(2, little) + int32(0x7FFFFFFF, little) + int32(1, little) + "and so on";
  FrameDispatcher dealer(3, CaptureOrigin::file);
  feed(dealer, pcap(frames) + bad + pcap(frames), 100);
  dealer.finish();
  EXPECT_EQ(dealer.reader().state(), ReaderState::damaged);
  EXPECT_EQ(dealer.reader().trouble_offset(), pcap(frames).size());
  EXPECT_TRUE(dealer.output(0).ends_with(bad + pcap(frames)));
  const std::uint64_t given = dealer.given(0);
  EXPECT_EQ(collect(dealer), frames);
  ASSERT_EQ(dealer.log().size(), 1U);
  EXPECT_TRUE(dealer.log().front().rest);
  EXPECT_EQ(dealer.log().front().first, given);
  EXPECT_FALSE(dealer.filler(0));
  EXPECT_TRUE(dealer.filler(1));
}

TEST(FrameDispatcher, DamageNeverComesFirst) {
  unsigned host = 1;  // one whose frames are not the first worker's
  while (worker_of(routing_key(1, packet(host, 9, 9)), 2) == 0) ++host;
  FrameDispatcher dealer(2, CaptureOrigin::file);
  feed(dealer, pcapng({packet(host, 9, 9)}) + "torn");
  dealer.finish();
  EXPECT_EQ(read(dealer.output(0)).kinds(), "SIIFT");
  dealer.log().pop();
  EXPECT_TRUE(dealer.log().front().rest);
  EXPECT_EQ(dealer.log().front().first, 1U);
}

TEST(FrameDispatcher, WhatIsNoCaptureGoesToTheFirst) {
  FrameDispatcher dealer(3, CaptureOrigin::file);
  feed(dealer, "#!TELLSTUFF 1.0\n", 1);
  dealer.finish();
  EXPECT_EQ(dealer.output(0), "#!TELLSTUFF 1.0\n");
  EXPECT_EQ(dealer.output(1), "");
  EXPECT_TRUE(dealer.log().front().rest);
  EXPECT_EQ(dealer.reader().state(), ReaderState::unsupported);
}

TEST(FrameDispatcher, FillersAreWholeFramesOutsideOfTheLog) {
  const auto frames = packets(60);
  for (const std::string& input : {pcap(frames), pcapng(frames)}) {
    FrameDispatcher dealer(3, CaptureOrigin::pipe);
    EXPECT_FALSE(dealer.filler(1));
    for (std::size_t at = 0; at < input.size(); at += 100) {
      dealer.feed(std::string_view(input).substr(at, 100));
      const auto worker = static_cast<unsigned>(at / 100 % 3);
      EXPECT_TRUE(dealer.filler(worker, at % 7));
    }
    dealer.finish();
    EXPECT_EQ(dealer.frames(), 60U);
    EXPECT_GT(dealer.given(0) + dealer.given(1) + dealer.given(2), 90U);
    EXPECT_EQ(collect(dealer), frames);
  }
}

TEST(FrameDispatcher, FillersHaveTheTimeOfTheLastFrame) {
  FrameDispatcher dealer(1, CaptureOrigin::pipe);
  feed(dealer, section(little) + interface(little, 105) + interface(little, 1) +
                   enhanced(little, packet(1, 2, 3), 1, 777) + enhanced(little, "x", 0, 999));
  EXPECT_TRUE(dealer.filler(0));
  const Reading got = read(dealer.output(0), 0, CaptureOrigin::pipe);
  EXPECT_EQ(got.kinds(), "SIIFFF");
  EXPECT_EQ(got.items.back().interface_id, 1U);
  EXPECT_EQ(got.items.back().time, std::chrono::nanoseconds(777000));
  EXPECT_EQ(got.packets.back(), std::string(14, '\0'));
}

TEST(FrameDispatcher, NoFillerForALinkTypeThatIsNotWalked) {
  FrameDispatcher dealer(2, CaptureOrigin::pipe);
  feed(dealer, pcap_header(little, 197));
  EXPECT_FALSE(dealer.filler(1));
}

TEST(FrameDispatcher, ANewLifeBeginsWithThePrologue) {
  const std::string secrets = block(little, 10, int32(1, little) + int32(4, little) + "keys");
  const std::string old = section(little) + interface(little) + secrets;
  const std::string fresh = section(Order::big) + interface(Order::big, 113);
  FrameDispatcher dealer(1, CaptureOrigin::pipe);
  feed(dealer, old + enhanced(little, packet(1, 2, 3)) + fresh + enhanced(Order::big, "a"));
  dealer.new_life(0);
  EXPECT_EQ(dealer.output(0), section(little) + secrets + fresh);
  EXPECT_EQ(dealer.given(0), 0U);
  feed(dealer, enhanced(Order::big, "b"));
  EXPECT_EQ(read(dealer.output(0)).kinds(), "SDSIF");
  ASSERT_EQ(dealer.log().size(), 2U);
  EXPECT_EQ(dealer.log().front().count, 2U);
  dealer.log().pop();
  EXPECT_EQ(dealer.log().front().life, 1U);
  EXPECT_EQ(dealer.log().front().first, 0U);
}

TEST(DispatchLog, StaysSmall) {
  DispatchLog log;
  std::uint64_t taken = 0;
  for (std::uint32_t i = 0; i < 100000; ++i) {
    log.add(i % 3, 0, i / 3);
    if (i < 5) continue;
    const DispatchSpan one = log.take();
    EXPECT_EQ(one.worker, taken % 3);
    EXPECT_EQ(one.first, taken / 3);
    ++taken;
  }
  EXPECT_EQ(log.size(), 5U);
}

}  // namespace
}  // namespace flowmeter::test
