#include "source/live_capture.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "observer/live_clock.h"
#include "source/capture_counts.h"

namespace flowmeter {
namespace {

using std::chrono::milliseconds;

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

TEST(DumpcapCommand, OptionsStandBeforeTheInterfacesThatTheyAreFor) {
  LiveOptions options;
  options.interfaces = {"eth0", "-odd"};
  options.filter = "udp port 53";
  options.snaplen = 96;
  options.buffer_mib = 8;
  options.promiscuous = false;
  options.frames = 10;
  const std::vector<std::string> expected = {"-q", "-f",   "udp port 53", "-s",   "96", "-B", "8",  "-p",
                                             "-i", "eth0", "-i",          "-odd", "-c", "10", "-w", "-"};
  EXPECT_EQ(dumpcap_command("dumpcap", options).arguments, expected);
}

TEST(ExplainDumpcap, SaysWhatIsWrongAndWhatHelps) {
  const auto explained = [](std::string_view errors) {
    return explain_dumpcap("/usr/bin/dumpcap", {1, 0}, errors);
  };
  EXPECT_NE(explained("dumpcap: You do not have permission to capture on device \"eth0\".\n").find("setcap"),
            std::string::npos);
  EXPECT_NE(explained("dumpcap: The capture session could not be initiated on capture device \"x\".\n(No "
                      "such device exists)\n")
                .find("--list-interfaces"),
            std::string::npos);
  EXPECT_EQ(explained(""), "dumpcap failed (status 1)");
  EXPECT_NE(explain_dumpcap("d", {0, 9}, "").find("signal 9"), std::string::npos);
}

class LiveClockTest : public testing::Test {
 protected:
  void frame(std::int64_t time_ns, bool timed = true) {
    Frame frame;
    frame.time_ns = time_ns;
    frame.timed = timed;
    clock.on_frame(frame);
  }

  LiveClock clock;
};

TEST_F(LiveClockTest, KnowsNothingBeforeTheFirstFrame) { EXPECT_FALSE(clock.now().has_value()); }

TEST_F(LiveClockTest, IsLateByItsMargin) {
  frame(1'000'000'000);
  const auto came = LiveClock::Clock::now();
  EXPECT_EQ(clock.now(came), 1'000'000'000);
  EXPECT_EQ(clock.now(came + LiveClock::margin), clock.now(came + LiveClock::margin));
  const std::int64_t later = clock.now(came + LiveClock::margin + milliseconds(500)).value();
  EXPECT_GE(later, 1'500'000'000);
  EXPECT_LT(later, 1'600'000'000);  // the frame came a little before `came`
}

TEST_F(LiveClockTest, NeverGoesBack) {
  frame(5'000'000'000);
  frame(1'000'000'000);
  frame(9'000'000'000, false);  // its time is that of the frame before it
  EXPECT_EQ(clock.now(LiveClock::Clock::now()), 5'000'000'000);
}

TEST_F(LiveClockTest, StaysWithinNumbers) {
  frame(INT64_MAX - 5);
  EXPECT_EQ(clock.now(LiveClock::Clock::now() + std::chrono::hours(1)), INT64_MAX - 5);
}

}  // namespace
}  // namespace flowmeter
