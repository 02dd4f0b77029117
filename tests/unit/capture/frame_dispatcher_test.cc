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

void feed(FrameDispatcher& dispatcher, std::string_view input, std::size_t piece = 0) {
  while (!input.empty()) {
    const std::string part(input.substr(0, piece == 0 ? input.size() : piece));
    input.remove_prefix(part.size());
    dispatcher.feed(part);
  }
}

/// The frames in the order of the log, out of what the workers were given.
std::vector<std::string> collect(FrameDispatcher& dispatcher) {
  std::vector<std::vector<std::string>> given;
  for (unsigned w = 0; w < dispatcher.workers(); ++w) {
    given.push_back(read(dispatcher.output(w), 0, CaptureOrigin::pipe).packets);
  }
  std::vector<std::string> frames;
  while (!dispatcher.log().empty()) {
    if (dispatcher.log().front().rest) break;
    const DispatchSpan one = dispatcher.log().pop_frame();
    frames.push_back(given.at(one.slot).at(one.first));
  }
  return frames;
}

TEST(FrameDispatcher, OneWorkerGetsTheInput) {
  for (const std::string& input : {pcap(packets(50)), pcapng(packets(50)), pcap({}),
                                   pcap(packets(3)) + "torn", std::string("no capture")}) {
    for (const std::size_t piece : piece_sizes) {
      FrameDispatcher dispatcher(1, CaptureOrigin::file);
      feed(dispatcher, input, piece);
      dispatcher.finish();
      EXPECT_EQ(dispatcher.output(0), input);
    }
  }
}

TEST(FrameDispatcher, TheLogPutsTheFramesTogetherAgain) {
  const auto frames = packets(200);
  for (const unsigned workers : {2U, 3U, 5U}) {
    for (const std::string& input : {pcap(frames), pcapng(frames)}) {
      for (const std::size_t piece : piece_sizes) {
        FrameDispatcher dispatcher(workers, CaptureOrigin::file);
        feed(dispatcher, input, piece);
        dispatcher.finish();
        EXPECT_EQ(dispatcher.frames(), 200U);
        EXPECT_EQ(collect(dispatcher), frames);
      }
    }
  }
}

TEST(FrameDispatcher, AConversationHasOneWorker) {
  FrameDispatcher dispatcher(5, CaptureOrigin::file);
  std::string input = pcap_header(little);
  for (unsigned i = 0; i < 100; ++i) {
    input += pcap_record(little, i % 2 == 0 ? packet(1, 2, i) : packet(2, 1, i));
  }
  feed(dispatcher, input);
  dispatcher.finish();
  ASSERT_EQ(dispatcher.log().size(), 1U);
  EXPECT_EQ(dispatcher.log().front().count, 100U);
}

TEST(FrameDispatcher, WhatIsNotPlainGoesToTheFirst) {
  FrameDispatcher dispatcher(5, CaptureOrigin::file);
  feed(dispatcher, pcapng({ethernet(ipv4(17, 1, 2, ports(1, 2), 0x2000)), ethernet("arp", 0x806)}) +
                       block(little, 0xBAD, int32(1, little)));
  dispatcher.finish();
  ASSERT_EQ(dispatcher.log().size(), 1U);
  EXPECT_EQ(dispatcher.log().front().slot, 0U);
  EXPECT_EQ(dispatcher.log().front().count, 3U);
}

TEST(FrameDispatcher, DamageGoesToTheFirst) {
  const auto frames = packets(20);
  const std::string bad =
      int32(1, little) + int32(2, little) + int32(0x7FFFFFFF, little) + int32(1, little) + "and so on";
  FrameDispatcher dispatcher(3, CaptureOrigin::file);
  feed(dispatcher, pcap(frames) + bad + pcap(frames), 100);
  dispatcher.finish();
  EXPECT_EQ(dispatcher.reader().state(), ReaderState::damaged);
  EXPECT_EQ(dispatcher.reader().trouble_offset(), pcap(frames).size());
  EXPECT_TRUE(dispatcher.output(0).ends_with(bad + pcap(frames)));
  const std::uint64_t given = dispatcher.given(0);
  EXPECT_EQ(collect(dispatcher), frames);
  ASSERT_EQ(dispatcher.log().size(), 1U);
  EXPECT_TRUE(dispatcher.log().front().rest);
  EXPECT_EQ(dispatcher.log().front().first, given);
  EXPECT_FALSE(dispatcher.add_flush_frames(0));
  EXPECT_TRUE(dispatcher.add_flush_frames(1));
}

TEST(FrameDispatcher, DamageNeverComesFirst) {
  unsigned host = 1;  // one whose frames are not the first worker's
  while (worker_of(routing_key(1, packet(host, 9, 9)), 2) == 0) ++host;
  FrameDispatcher dispatcher(2, CaptureOrigin::file);
  feed(dispatcher, pcapng({packet(host, 9, 9)}) + "torn");
  dispatcher.finish();
  EXPECT_EQ(read(dispatcher.output(0)).kinds(), "SIIFT");
  dispatcher.log().pop_span();
  EXPECT_TRUE(dispatcher.log().front().rest);
  EXPECT_EQ(dispatcher.log().front().first, 1U);
}

TEST(FrameDispatcher, WhatIsNoCaptureGoesToTheFirst) {
  FrameDispatcher dispatcher(3, CaptureOrigin::file);
  feed(dispatcher, "#!TELLSTUFF 1.0\n", 1);
  dispatcher.finish();
  EXPECT_EQ(dispatcher.output(0), "#!TELLSTUFF 1.0\n");
  EXPECT_EQ(dispatcher.output(1), "");
  EXPECT_TRUE(dispatcher.log().front().rest);
  EXPECT_EQ(dispatcher.reader().state(), ReaderState::unsupported);
}

TEST(FrameDispatcher, FlushFramesAreWholeFramesOutsideOfTheLog) {
  const auto frames = packets(60);
  for (const std::string& input : {pcap(frames), pcapng(frames)}) {
    FrameDispatcher dispatcher(3, CaptureOrigin::pipe);
    EXPECT_FALSE(dispatcher.add_flush_frames(1));
    for (std::size_t at = 0; at < input.size(); at += 100) {
      dispatcher.feed(std::string_view(input).substr(at, 100));
      const auto worker = static_cast<unsigned>(at / 100 % 3);
      EXPECT_TRUE(dispatcher.add_flush_frames(worker, at % 7));
    }
    dispatcher.finish();
    EXPECT_EQ(dispatcher.frames(), 60U);
    EXPECT_GT(dispatcher.given(0) + dispatcher.given(1) + dispatcher.given(2), 90U);
    EXPECT_EQ(collect(dispatcher), frames);
  }
}

TEST(FrameDispatcher, FlushFramesHaveTheTimeOfTheLastFrame) {
  FrameDispatcher dispatcher(1, CaptureOrigin::pipe);
  feed(dispatcher, section(little) + interface(little, 105) + interface(little, 1) +
                       enhanced(little, packet(1, 2, 3), 1, 777) + enhanced(little, "x", 0, 999));
  EXPECT_TRUE(dispatcher.add_flush_frames(0));
  const Reading got = read(dispatcher.output(0), 0, CaptureOrigin::pipe);
  EXPECT_EQ(got.kinds(), "SIIFFF");
  EXPECT_EQ(got.items.back().interface_id, 1U);
  EXPECT_EQ(got.items.back().time, std::chrono::nanoseconds(777000));
  EXPECT_EQ(got.packets.back(), std::string(14, '\0'));
}

TEST(FrameDispatcher, NoFlushFrameForALinkTypeThatIsNotWalked) {
  FrameDispatcher dispatcher(2, CaptureOrigin::pipe);
  feed(dispatcher, pcap_header(little, 197));
  EXPECT_FALSE(dispatcher.add_flush_frames(1));
}

TEST(FrameDispatcher, ANewGenerationBeginsWithThePreamble) {
  const std::string secrets = block(little, 10, int32(1, little) + int32(4, little) + "keys");
  const std::string old = section(little) + interface(little) + secrets;
  const std::string fresh = section(Order::big) + interface(Order::big, 113);
  FrameDispatcher dispatcher(1, CaptureOrigin::pipe);
  feed(dispatcher, old + enhanced(little, packet(1, 2, 3)) + fresh + enhanced(Order::big, "a"));
  dispatcher.begin_generation(0);
  EXPECT_EQ(dispatcher.output(0), section(little) + secrets + fresh);
  EXPECT_EQ(dispatcher.given(0), 0U);
  feed(dispatcher, enhanced(Order::big, "b"));
  EXPECT_EQ(read(dispatcher.output(0)).kinds(), "SDSIF");
  ASSERT_EQ(dispatcher.log().size(), 2U);
  EXPECT_EQ(dispatcher.log().front().count, 2U);
  dispatcher.log().pop_span();
  EXPECT_EQ(dispatcher.log().front().generation, 1U);
  EXPECT_EQ(dispatcher.log().front().first, 0U);
}

}  // namespace
}  // namespace flowmeter::test
