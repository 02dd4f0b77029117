#include "cli/account.h"

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

TEST(Account, SummaryIsOneLine) {
  InputAccount account;
  account.frames.frames = 1;
  account.frames.with_packet = 1;
  account.frames.packets[place_of(Transport::udp)] = 1;
  account.flows[place_of(Transport::udp)][0] = 2;
  account.frames.older = 3;
  account.seconds = 0.5;
  EXPECT_EQ(summary(account),
            "1 frame: 1 with packets, 0 without a transport, 0 quoted by ICMP errors only, 0 with a cut "
            "header, 3 older than the one before; UDP: 1 packet in 2 flows; 0.500 s");
}

}  // namespace
}  // namespace flowmeter::test
