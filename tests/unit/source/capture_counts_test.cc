#include "source/capture_counts.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace flowmeter {
namespace {

TEST(CaptureCounts, AreWhatDumpcapSaysAtItsEnd) {
  const auto counts = parse_counts(
      "Capturing on 'eth0'\nPackets captured: 6\n"
      "Packets received/dropped on interface 'eth0': 6/2 (pcap:1/dumpcap:1/flushed:0/ps_ifdrop:3) (75.0%)\n"
      "Packets received/dropped on interface 'it's': 18446744073709551615/0 "
      "(pcap:0/dumpcap:0/flushed:0/ps_ifdrop:0) (100.0%)\n");
  ASSERT_EQ(counts.size(), 2U);
  EXPECT_EQ(counts[0].name, "eth0");
  EXPECT_EQ(counts[0].received, 6U);
  EXPECT_EQ(counts[0].dropped, 5U);  // what the interface dropped is not among the other two
  EXPECT_EQ(counts[1].name, "it's");
  EXPECT_EQ(counts[1].received, UINT64_MAX);
}

TEST(CaptureCounts, AreNoneInOtherText) {
  EXPECT_TRUE(parse_counts("").empty());
  EXPECT_TRUE(parse_counts("Packets received/dropped on interface 'eth0").empty());
  EXPECT_TRUE(parse_counts("Packets received/dropped on interface 'eth0': many").empty());
}

}  // namespace
}  // namespace flowmeter
