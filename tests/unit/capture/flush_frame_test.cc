#include "capture/flush_frame.h"

#include <gtest/gtest.h>

#include "capture_bytes.h"

namespace flowmeter::test {
namespace {

/// A FlushFrame that has seen a capture.
FlushFrame after(std::string_view capture) {
  FlushFrame frame;
  CaptureReader reader(CaptureOrigin::pipe);
  reader.put(capture);
  CaptureItem item;
  while (reader.next(item)) frame.remember(item);
  return frame;
}

std::string made_by(const FlushFrame& frame) {
  std::string record;
  frame.append_to(record);
  return record;
}

TEST(FlushFrame, IsARecordOfTheCapturesFormat) {
  for (const Order order : {Order::little, Order::big}) {
    for (const std::string& capture :
         {pcap_header(order) + pcap_record(order, ethernet("one"), 7, 8),
          section(order) + interface(order) + enhanced(order, ethernet("one"), 0, 7000008)}) {
      const FlushFrame frame = after(capture);
      ASSERT_TRUE(frame.possible());
      const Reading got = read(capture + made_by(frame) + made_by(frame), 0, CaptureOrigin::pipe);
      EXPECT_EQ(got.state, ReaderState::ended);
      ASSERT_EQ(got.packets.size(), 3U);
      EXPECT_EQ(got.packets[1], std::string(14, '\0'));
      EXPECT_EQ(got.items.back().time, got.items[got.items.size() - 3].time);
    }
  }
}

TEST(FlushFrame, IsPaddedInPcapng) {
  const std::string capture = section(Order::little) + interface(Order::little, 9);
  const FlushFrame frame = after(capture);
  EXPECT_EQ(made_by(frame).size() % 4, 0U);
  const Reading got = read(capture + made_by(frame), 0, CaptureOrigin::pipe);
  ASSERT_EQ(got.packets.size(), 1U);
  EXPECT_EQ(got.packets[0], std::string(2, '\0'));
}

TEST(FlushFrame, IsNotPossibleBeforeALinkTypeIsKnown) {
  EXPECT_FALSE(FlushFrame().possible());
  EXPECT_FALSE(after(section(Order::little)).possible());
}

TEST(FlushFrame, IsNotPossibleWithALinkTypeThatHasNoEmptyPacket) {
  EXPECT_FALSE(after(pcap_header(Order::little, 197)).possible());
  EXPECT_EQ(flush_frame_length(197), 0U);
}

TEST(FlushFrame, IsOfTheFirstInterfaceThatHasAnEmptyPacket) {
  const std::string capture =
      section(Order::little) + interface(Order::little, 105) + interface(Order::little, 113);
  const Reading got = read(capture + made_by(after(capture)), 0, CaptureOrigin::pipe);
  ASSERT_EQ(got.packets.size(), 1U);
  EXPECT_EQ(got.items.back().interface_id, 1U);
  EXPECT_EQ(got.packets[0], std::string(16, '\0'));
}

TEST(FlushFrame, IsNotPossibleInANewSectionUntilItHasAnInterface) {
  const std::string old = section(Order::little) + interface(Order::little);
  EXPECT_FALSE(after(old + section(Order::big)).possible());
  const std::string capture = old + section(Order::big) + interface(Order::big);
  const Reading got = read(capture + made_by(after(capture)), 0, CaptureOrigin::pipe);
  EXPECT_EQ(got.packets.size(), 1U);
}

}  // namespace
}  // namespace flowmeter::test
