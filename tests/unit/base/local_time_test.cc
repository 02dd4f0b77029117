#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/error.h"
#include "base/local_time.h"
#include "support.h"

namespace flowmeter {
namespace {

using test::message_of;
using test::second;

std::int64_t ns_of(std::string_view text, const TimeZone& zone = {}) { return parse_local_time(text, zone); }

std::int64_t seconds_of(std::string_view text, const TimeZone& zone = {}) {
  return ns_of(text, zone) / second;
}

std::string refusal(std::string_view text, const TimeZone& zone = {}) {
  return message_of<NoTime>([&] { (void)ns_of(text, zone); });
}

TEST(LocalTime, ReadsTimesWithTheirZone) {
  EXPECT_EQ(seconds_of("2017-07-07T09:20:00Z"), 1'499'419'200);
  EXPECT_EQ(seconds_of("2017-07-07 09:20:00"), 1'499'419'200);
  EXPECT_EQ(seconds_of("2017-07-07 09:20"), 1'499'419'200);
  EXPECT_EQ(seconds_of("2017-07-07T11:20:00+02:00"), 1'499'419'200);
  EXPECT_EQ(seconds_of("2017-07-07T11:20:00+0200"), 1'499'419'200);
  EXPECT_EQ(seconds_of("2017-07-07 06:20:00-03"), 1'499'419'200);
  EXPECT_EQ(seconds_of("2017-07-06 23:50:00-09:30"), 1'499'419'200);
  EXPECT_EQ(ns_of("2017-07-07T09:20:00.5Z"), 1'499'419'200 * second + second / 2);
  EXPECT_EQ(ns_of("2017-07-07 09:20:00.1234567891"), 1'499'419'200 * second + 123'456'789);
  EXPECT_EQ(seconds_of("2016-12-31T23:59:60Z"), 1'483'228'800);
}

TEST(LocalTime, ReadsSecondsSinceTheEpochInAnyZone) {
  const TimeZone east("+02:00");
  EXPECT_EQ(ns_of("0", east), 0);
  EXPECT_EQ(ns_of("1499419200.25", east), 1'499'419'200 * second + second / 4);
  EXPECT_EQ(ns_of("-1.5", east), -3 * second / 2);
}

TEST(LocalTime, CountsBackFromTheEpochAsForward) {
  EXPECT_EQ(ns_of("1969-12-31T23:59:59.25Z"), -3 * second / 4);
  EXPECT_EQ(ns_of("1969-12-31T23:59:58Z"), -2 * second);
  EXPECT_EQ(ns_of("1677-09-21T00:12:43.145224192Z"), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(ns_of("2262-04-11T23:47:16.854775807Z"), std::numeric_limits<std::int64_t>::max());
}

TEST(LocalTime, RefusesWhatIsNoTime) {
  for (const char* text :
       {"", "noon", "2017-07-07", "2017-02-29 00:00:00", "2017-13-01 00:00:00", "2017-07-07 24:00:00",
        "2017-07-07 09:60:00", "2017-07-07 09:20:61", "2017-07-07 09:20:00.", "2017-07-07 09:20:00 UTC",
        "2017-07-07 09:20:00+2", "2017-07-07 09:20:00+02:60", "2017-07-07 09:20:00+02:00x", "7/7/2017 9:20",
        "2017-7-7 09:20:00", "2017-07-07T09:20:00Z ", "1e9"}) {
    EXPECT_NE(refusal(text).find("is not a time"), std::string::npos) << text;
  }
  EXPECT_EQ(refusal("1677-09-21T00:12:43.145224191Z"),
            "\"1677-09-21T00:12:43.145224191Z\" is not a time from 1677 to 2262");
  EXPECT_EQ(refusal("9999-01-01 00:00:00"), "\"9999-01-01 00:00:00\" is not a time from 1677 to 2262");
}

TEST(Zone, CanBeAnOffset) {
  EXPECT_EQ(seconds_of("2017-07-07 11:20:00", TimeZone("+02:00")), 1'499'419'200);
  EXPECT_EQ(seconds_of("2017-07-07 04:50:00", TimeZone("-0430")), 1'499'419'200);
  EXPECT_EQ(seconds_of("2017-07-07T09:20:00Z", TimeZone("-04")), 1'499'419'200);
  EXPECT_EQ(seconds_of("2017-07-07 09:20:00", TimeZone("UTC")), 1'499'419'200);
}

TEST(Zone, IsRefusedIfThereIsNoSuch) {
  for (const char* name : {"", "Europe/Nowhere", "Europe", "CET-1CEST", "/etc/localtime", "../zoneinfo/UTC",
                           "+25:00", "+02:00:00", "tzdata.zi", "Europe/Berlin\n"}) {
    EXPECT_TRUE(message_of<UsageError>([&] { (void)TimeZone(name); }).starts_with("there is no time zone \""))
        << name;
  }
}

/// Zones of the system's database, where it has one.
class DatabaseZone : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists("/usr/share/zoneinfo/Europe/Berlin")) {
      GTEST_SKIP() << "no time zone database (package tzdata)";
    }
  }
};

TEST_F(DatabaseZone, KnowsItsOffsets) {
  const TimeZone berlin("Europe/Berlin");
  EXPECT_EQ(seconds_of("2017-07-07 11:20:00", berlin), 1'499'419'200);
  EXPECT_EQ(seconds_of("2017-01-07 10:20:00", berlin), 1'483'780'800);
  EXPECT_EQ(seconds_of("2017-07-07T11:20:00Z", berlin), 1'499'426'400);
  EXPECT_EQ(seconds_of("2017-07-07 11:20:00-03:00", berlin), 1'499'437'200);
  EXPECT_EQ(seconds_of("2017-07-07 06:20:00", TimeZone("America/Halifax")), 1'499'419'200);
  // By the rules that go on after the last change in the file.
  EXPECT_EQ(seconds_of("2050-07-07 11:20:00", berlin), seconds_of("2050-07-07T09:20:00Z"));
  EXPECT_EQ(seconds_of("2050-01-07 11:20:00", berlin), seconds_of("2050-01-07T10:20:00Z"));
}

TEST_F(DatabaseZone, RefusesTimesThatClocksSkip) {
  const TimeZone berlin("Europe/Berlin");
  EXPECT_EQ(seconds_of("2017-03-26 01:59:59", berlin), seconds_of("2017-03-26T00:59:59Z"));
  EXPECT_EQ(refusal("2017-03-26 02:00:00", berlin),
            "\"2017-03-26 02:00:00\" does not exist in Europe/Berlin: clocks were put forward");
  EXPECT_EQ(refusal("2017-03-26 02:59:59.9", berlin),
            "\"2017-03-26 02:59:59.9\" does not exist in Europe/Berlin: clocks were put forward");
  EXPECT_EQ(seconds_of("2017-03-26 03:00:00", berlin), seconds_of("2017-03-26T01:00:00Z"));
  // Half an hour, and a whole day.
  EXPECT_NE(refusal("2017-10-01 02:15:00", TimeZone("Australia/Lord_Howe")).find("does not exist"),
            std::string::npos);
  EXPECT_NE(refusal("2011-12-30 12:00:00", TimeZone("Pacific/Apia")).find("does not exist"),
            std::string::npos);
}

TEST_F(DatabaseZone, RefusesTimesThatClocksShowTwice) {
  const TimeZone berlin("Europe/Berlin");
  EXPECT_EQ(seconds_of("2017-10-29 01:59:59", berlin), seconds_of("2017-10-28T23:59:59Z"));
  EXPECT_EQ(
      refusal("2017-10-29 02:00:00", berlin),
      "\"2017-10-29 02:00:00\" comes twice in Europe/Berlin: clocks were put back; add the offset, +02:00 "
      "or +01:00");
  EXPECT_NE(refusal("2017-10-29 02:59:59", berlin).find("comes twice"), std::string::npos);
  EXPECT_EQ(seconds_of("2017-10-29 03:00:00", berlin), seconds_of("2017-10-29T02:00:00Z"));
  EXPECT_EQ(seconds_of("2017-10-29 02:30:00+02:00", berlin), seconds_of("2017-10-29T00:30:00Z"));
  EXPECT_EQ(refusal("2017-11-05 01:30:00", TimeZone("America/St_Johns")),
            "\"2017-11-05 01:30:00\" comes twice in America/St_Johns: clocks were put back; add the offset, "
            "-02:30 or -03:30");
}

TEST_F(DatabaseZone, LeavesTheProcessItsOwnZone) {
  const char* const before = std::getenv("TZ");
  const std::string was = before == nullptr ? "" : before;
  setenv("TZ", "Asia/Tokyo", 1);
  EXPECT_EQ(seconds_of("2017-07-07 11:20:00", TimeZone("Europe/Berlin")), 1'499'419'200);
  EXPECT_STREQ(std::getenv("TZ"), "Asia/Tokyo");
  const std::time_t time = 1'499'419'200;
  std::tm parts{};
  localtime_r(&time, &parts);
  EXPECT_EQ(parts.tm_hour, 18);
  if (before == nullptr) {
    unsetenv("TZ");
  } else {
    setenv("TZ", was.c_str(), 1);
  }
  tzset();
}

}  // namespace
}  // namespace flowmeter
