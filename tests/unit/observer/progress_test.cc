#include "observer/progress.h"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>

namespace flowmeter {
namespace {

TEST(ProgressTest, PaintsOneLineAndRemovesIt) {
  Reporter reporter(Reporter::Level::normal);
  testing::internal::CaptureStderr();
  {
    Progress progress(reporter, true);
    progress.paint("x\ny: 2 packets");
    reporter.error("e");
    progress.erase();
    progress.erase();
    reporter.error("f");
  }
  const std::string erase = "\r\x1b[K";
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            erase + "x\\ny: 2 packets" + erase + "flowmeter: e\n" + erase + "flowmeter: f\n");
}

TEST(ProgressTest, ShowsNothingUnlessPainted) {
  Reporter reporter(Reporter::Level::normal);
  testing::internal::CaptureStderr();
  { Progress progress(reporter, true); }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(ProgressTest, WritesWholeLinesWithoutATerminal) {
  Reporter reporter(Reporter::Level::normal);
  testing::internal::CaptureStderr();
  {
    Progress progress(reporter, false);
    progress.paint("one");
    progress.paint("two");
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "one\ntwo\n");
}

TEST(ProgressTest, FitsTheTerminal) {
  Reporter reporter(Reporter::Level::normal);
  testing::internal::CaptureStderr();
  Progress progress(reporter, true);
  progress.paint(std::string(1000, 'x'));
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_LT(text.size(), 1000U);
}

TEST(ProgressTest, TheLineTellsWhatIsKnown) {
  using std::chrono::duration;
  Reached reached{2'345, 1'234, 5};
  EXPECT_EQ(progress_line("x.pcap", reached, duration<double>(2)),
            "x.pcap: 2,345 packets, 1,172/s, flows: 1,234 open, 5 written");
  reached.share = 0.25;
  EXPECT_EQ(progress_line("3 of 7 inputs", reached, duration<double>(60)),
            "3 of 7 inputs: 2,345 packets, 39/s, flows: 1,234 open, 5 written, 25 %, 3:00 left");
  EXPECT_EQ(progress_line("x", reached, duration<double>(3600)),
            "x: 2,345 packets, 0/s, flows: 1,234 open, 5 written, 25 %, 3:00:00 left");
  EXPECT_EQ(progress_line("x", reached, duration<double>(0.5)).find("left"), std::string::npos);
  const Reached live{10, 2, 3, std::nullopt, 1'000};
  EXPECT_EQ(progress_line("eth0", live, duration<double>(1)),
            "eth0: 10 packets, 10/s, flows: 2 open, 3 written, 1,000 dropped by the interface");
  EXPECT_EQ(counters_line("eth0", live, duration<double>(1)),
            "eth0: 10 frames, 2 flows open, 3 written, 1.0 s, 1000 frames dropped by the interface");
}

TEST(ProgressTest, CountsOfInputsAddUp) {
  Reached all{1, 2, 3, 0.5};
  all.add({10, 20, 30, 0.75, 7});
  EXPECT_EQ(all.frames, 11U);
  EXPECT_EQ(all.open_flows, 22U);
  EXPECT_EQ(all.ended_flows, 33U);
  EXPECT_EQ(all.share, 0.5);
}

}  // namespace
}  // namespace flowmeter
