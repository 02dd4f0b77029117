#include "capture/dispatch_log.h"

#include <gtest/gtest.h>

namespace flowmeter {
namespace {

TEST(DispatchLog, FramesThatFollowEachOtherAreOneSpan) {
  DispatchLog log;
  for (std::uint64_t place = 3; place < 7; ++place) log.add(1, 2, place);
  ASSERT_EQ(log.size(), 1U);
  EXPECT_EQ(log.front().first, 3U);
  EXPECT_EQ(log.front().count, 4U);
  EXPECT_EQ(log.front().slot, 1U);
  EXPECT_EQ(log.front().generation, 2U);
  EXPECT_FALSE(log.front().rest);
}

TEST(DispatchLog, AnotherSlotGenerationOrGapBeginsASpan) {
  DispatchLog log;
  log.add(0, 0, 0);
  log.add(1, 0, 1);
  log.add(1, 1, 2);
  log.add(1, 1, 4);  // a flush frame was between them
  EXPECT_EQ(log.size(), 4U);
}

TEST(DispatchLog, FramesAreRemovedOneByOne) {
  DispatchLog log;
  log.add(0, 0, 5);
  log.add(0, 0, 6);
  log.add(1, 0, 0);
  EXPECT_EQ(log.pop_frame().first, 5U);
  EXPECT_EQ(log.front().first, 6U);
  EXPECT_EQ(log.front().count, 1U);
  EXPECT_EQ(log.pop_frame().first, 6U);
  EXPECT_EQ(log.pop_frame().slot, 1U);
  EXPECT_TRUE(log.empty());
}

TEST(DispatchLog, TheFrontGrowsWhileItIsTheOnlyOne) {
  DispatchLog log;
  log.add(0, 0, 0);
  log.add(0, 0, 1);
  log.pop_frame();
  log.add(0, 0, 2);
  ASSERT_EQ(log.size(), 1U);
  EXPECT_EQ(log.front().first, 1U);
  EXPECT_EQ(log.front().count, 2U);
}

TEST(DispatchLog, ARestIsASpanOfItsOwn) {
  DispatchLog log;
  log.add(0, 0, 0);
  log.add_rest(0, 0, 1);
  ASSERT_EQ(log.size(), 2U);
  log.pop_span();
  EXPECT_TRUE(log.front().rest);
  EXPECT_EQ(log.front().first, 1U);
  EXPECT_EQ(log.front().count, 0U);
}

TEST(DispatchLog, StaysInOrderWhenItIsMoved) {
  DispatchLog log;
  std::uint64_t removed = 0;
  for (std::uint32_t i = 0; i < 100000; ++i) {
    log.add(i % 3, 0, i / 3);
    if (i < 5) continue;
    const DispatchSpan one = log.pop_frame();
    EXPECT_EQ(one.slot, removed % 3);
    EXPECT_EQ(one.first, removed / 3);
    ++removed;
  }
  EXPECT_EQ(log.size(), 5U);
}

}  // namespace
}  // namespace flowmeter
