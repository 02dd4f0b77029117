#include "base/utc.h"

#include <gtest/gtest.h>

#include <limits>

namespace flowmeter {
namespace {

constexpr std::int64_t time_ns = 1'700'000'000'123'456'789;

TEST(UtcText, HasAsManyDigitsAsAskedFor) {
  EXPECT_EQ(utc_text(time_ns, 6), "2023-11-14T22:13:20.123456Z");
  EXPECT_EQ(utc_text(time_ns, 9), "2023-11-14T22:13:20.123456789Z");
  EXPECT_EQ(utc_text(time_ns, 1), "2023-11-14T22:13:20.1Z");
  EXPECT_EQ(utc_text(time_ns, 0), "2023-11-14T22:13:20Z");
}

TEST(UtcText, CutsDigitsOffAndDoesNotRound) {
  EXPECT_EQ(utc_text(999'999'999, 6), "1970-01-01T00:00:00.999999Z");
  EXPECT_EQ(utc_text(999'999'999, 0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(utc_text(-1, 9), "1969-12-31T23:59:59.999999999Z");
  EXPECT_EQ(utc_text(-1, 3), "1969-12-31T23:59:59.999Z");
}

TEST(UtcText, KnowsTheCalendar) {
  EXPECT_EQ(utc_text(0, 0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(utc_text(951'782'400'000'000'000, 0), "2000-02-29T00:00:00Z");
  EXPECT_EQ(utc_text(std::numeric_limits<std::int64_t>::max(), 9), "2262-04-11T23:47:16.854775807Z");
  EXPECT_EQ(utc_text(std::numeric_limits<std::int64_t>::min(), 9), "1677-09-21T00:12:43.145224192Z");
}

}  // namespace
}  // namespace flowmeter
