#include "observer/live_clock.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>

namespace flowmeter {
namespace {

using std::chrono::milliseconds;

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
  EXPECT_EQ(clock.now(came + LiveClock::margin / 2), 1'000'000'000);
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
