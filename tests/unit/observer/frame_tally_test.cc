#include "observer/frame_tally.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "support.h"

namespace flowmeter::test {
namespace {

Frame frame_at(std::int64_t ns) {
  Frame frame;
  frame.time_ns = ns;
  return frame;
}

TEST(FrameTally, TellsWhatBecameOfFrames) {
  const std::vector<Packet> packets(2);
  Packet quoted[1];
  quoted[0].key = {Transport::udp, 1};
  FrameTally tally;
  Frame frame = frame_at(5 * second);
  frame.packets = packets;
  frame.cut = true;  // a frame with a packet counts as such
  tally.on_frame(frame);
  for (const Packet& packet : packets) tally.on_packet(packet);
  frame.packets = {};
  tally.on_frame(frame);
  frame.cut = false;
  frame.quoted = quoted;
  tally.on_frame(frame);
  tally.on_frame(frame_at(5 * second));
  EXPECT_EQ(tally.frames, 4U);
  EXPECT_EQ(tally.with_packet, 1U);
  EXPECT_EQ(tally.cut_header, 1U);
  EXPECT_EQ(tally.only_quoted, 1U);
  EXPECT_EQ(tally.without_transport, 1U);
  EXPECT_EQ(tally.packets[place_of(Transport::tcp)], 2U);
}

TEST(FrameTally, TimesOfAnotherSegmentAreNotOlder) {
  FrameTally tally;
  tally.on_frame(frame_at(9));
  tally.on_segment();
  tally.on_frame(frame_at(5));
  tally.on_frame(frame_at(4));
  EXPECT_EQ(tally.older, 1U);
}

TEST(FrameTally, TimesOfFramesThatHaveOne) {
  FrameTally tally;
  tally.on_frame(frame_at(3));
  tally.on_frame(frame_at(7));
  Frame timeless = frame_at(1);
  timeless.timed = false;
  tally.on_frame(timeless);
  tally.on_frame(frame_at(6));
  tally.on_frame(frame_at(6));
  EXPECT_EQ(tally.without_time, 1U);
  EXPECT_EQ(tally.older, 1U);
  EXPECT_EQ(tally.earliest_ns, 3);
  EXPECT_EQ(tally.latest_ns, 7);
}

}  // namespace
}  // namespace flowmeter::test
