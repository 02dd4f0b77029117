#include "base/parse.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>

#include "support.h"

namespace flowmeter {
namespace {

using test::second;

constexpr std::int64_t latest = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t earliest = std::numeric_limits<std::int64_t>::min();

TEST(ParseTime, ReadsSecondsWithNineDigits) {
  EXPECT_EQ(parse_time("1700000000.123456000"), 1'700'000'000'123'456'000);
  EXPECT_EQ(parse_time("1700000000.000000001"), 1'700'000'000'000'000'001);
  EXPECT_EQ(parse_time("0.000000000"), 0);
}

TEST(ParseTime, ReadsSecondsWithoutAFraction) {
  EXPECT_EQ(parse_time("5"), 5 * second);
  EXPECT_EQ(parse_time("-5"), -5 * second);
  EXPECT_EQ(parse_time("0"), 0);
}

TEST(ParseTime, PadsAShortFractionAndCutsALongOne) {
  EXPECT_EQ(parse_time("1.5"), 1'500'000'000);
  EXPECT_EQ(parse_time("1.05"), 1'050'000'000);
  EXPECT_EQ(parse_time("1.0000000019"), 1'000'000'001);
  EXPECT_EQ(parse_time("1.9999999999999999999999"), 1'999'999'999);
}

/// tshark prints the two numbers that it keeps of a time; the second one is never negative. But for times
/// that it has calculated itself, below a second.
TEST(ParseTime, CountsTheFractionForwardBefore1970Too) {
  EXPECT_EQ(parse_time("-1700000000.000001000"), -1'699'999'999'999'999'000);
  EXPECT_EQ(parse_time("-2.250000000"), -1'750'000'000);
  EXPECT_EQ(parse_time("-1.999999999"), -1);
  EXPECT_EQ(parse_time("-1.000000000"), -second);
  EXPECT_EQ(parse_time("-0.000000001"), -1);
  EXPECT_EQ(parse_time("-0.5"), -second / 2);
}

TEST(ParseTime, ReadsIso) {
  EXPECT_EQ(parse_time("2023-11-14T22:13:20.123456000Z"), 1'700'000'000'123'456'000);
  EXPECT_EQ(parse_time("1970-01-01T00:00:00.000000000Z"), 0);
  EXPECT_EQ(parse_time("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(parse_time("1970-01-02T00:00:01Z"), 86'401 * second);
  EXPECT_EQ(parse_time("2000-02-29T12:00:00Z"), 951'825'600 * second);
}

TEST(ParseTime, ReadsAnyNumberOfDigitsOfAnIsoFraction) {
  EXPECT_EQ(parse_time("1970-01-01T00:00:01.1Z"), 1'100'000'000);
  EXPECT_EQ(parse_time("1970-01-01T00:00:01.000000001Z"), 1'000'000'001);
  EXPECT_EQ(parse_time("1970-01-01T00:00:01.0000000019Z"), 1'000'000'001);
}

TEST(ParseTime, ReadsIsoBefore1970) {
  EXPECT_EQ(parse_time("1916-02-18T01:46:40.000001000Z"), -1'699'999'999'999'999'000);
  EXPECT_EQ(parse_time("1969-12-31T23:59:59.250000000Z"), -750'000'000);
}

TEST(ParseTime, BothSpellingsOfOneTimeAreTheSame) {
  EXPECT_EQ(parse_time("4102444800.999999999"), parse_time("2100-01-01T00:00:00.999999999Z"));
  EXPECT_EQ(parse_time("-86400.000000001"), parse_time("1969-12-31T00:00:00.000000001Z"));
}

TEST(ParseTime, TakesALeapSecondAsTheSecondBehindIt) {
  EXPECT_EQ(parse_time("2016-12-31T23:59:60.000000000Z"), parse_time("2017-01-01T00:00:00Z"));
}

TEST(ParseTime, ReachesToTheEndsOfSixtyFourBits) {
  EXPECT_EQ(parse_time("9223372036.854775807"), latest);
  EXPECT_EQ(parse_time("-9223372037.145224192"), earliest);
  EXPECT_EQ(parse_time("-9223372036"), -9223372036 * second);
  EXPECT_EQ(parse_time("2262-04-11T23:47:16.854775807Z"), latest);
  EXPECT_EQ(parse_time("1677-09-21T00:12:43.145224192Z"), earliest);
}

TEST(ParseTime, TellsTimesBeyondSixtyFourBitsFromOtherText) {
  for (const char* text :
       {"9223372036.854775808", "-9223372037.145224191", "9223372037", "-9223372038.9",
        "99999999999999999999999", "99999999999999999999999.5", "18446744072009551616",
        "-99999999999999999999999", "2262-04-11T23:47:16.854775808Z", "2262-04-12T00:00:00Z",
        "9999-12-31T23:59:59Z", "12023-11-14T22:13:20.000000000Z", "1677-09-21T00:12:43.145224191Z",
        "0000-02-29T00:00:00Z", "-4712-01-01T00:00:00Z", "-023-01-01T00:00:00Z", "Not representable"}) {
    EXPECT_EQ(parse_time(text), std::nullopt) << text;
    EXPECT_TRUE(is_time(text)) << text;
  }
}

TEST(ParseTime, RefusesWhatIsNoNumberOfSeconds) {
  for (const char* text : {"",
                           "-",
                           ".",
                           ".5",
                           "-.5",
                           "1.",
                           "-1.",
                           "+1",
                           " 1",
                           "1 ",
                           "1e5",
                           "1,5",
                           "1.5s",
                           "1.-5",
                           "1.5.5",
                           "0x10",
                           "--1",
                           "nan",
                           "inf",
                           "T",
                           "99999999999999999999999x",
                           "99999999999999999999999.x"}) {
    EXPECT_EQ(parse_time(text), std::nullopt) << text;
    EXPECT_FALSE(is_time(text)) << text;
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

TEST(ParseTime, RefusesWhatIsNoIsoTime) {
  for (const char* text : {"2023-11-14T22:13:20",
                           "2023-11-14 22:13:20Z",
                           "2023-11-14T22:13:20.Z",
                           "2023-11-14T22:13:20.1",
                           "2023-11-14T22:13:20.1x2Z",
                           "2023-11-14T22:13:20-0500",
                           "2023-11-14T22:13:20,5Z",
                           "2023-02-29T00:00:00Z",
                           "2023-13-01T00:00:00Z",
                           "2023-00-01T00:00:00Z",
                           "2023-01-00T00:00:00Z",
                           "2023-01-01T24:00:00Z",
                           "2023-01-01T00:60:00Z",
                           "2023-01-01T00:00:61Z",
                           "2023-1-01T00:00:00.0Z",
                           "2023-01-01T00:00:+1Z",
                           "9999-02-29T00:00:00Z",
                           "99999-13-01T00:00:00Z",
                           "2023x01-01T00:00:00Z",
                           "20x3-01-01T00:00:00Z",
                           "1-01-01T00:00:00Z",
                           "20230-11-14T22:13:2Z",
                           "TTTTTTTTT",
                           "Nov 14, 2023 17:13:20.123456789 EST"}) {
    EXPECT_EQ(parse_time(text), std::nullopt) << text;
    EXPECT_FALSE(is_time(text)) << text;
  }
}

TEST(ParseTime, ReadsNoFurtherThanTheTextGoes) {
  const std::string text = "1700000000.123456000999";
  EXPECT_EQ(parse_time(std::string_view(text).substr(0, 12)), 1'700'000'000'100'000'000);
  EXPECT_EQ(parse_time(std::string_view(text).substr(0, 11)), std::nullopt);
  EXPECT_EQ(parse_time(std::string_view(text).substr(0, 10)), 1'700'000'000 * second);
}

TEST(ParseDuration, HasOneSignForBothNumbers) {
  EXPECT_EQ(parse_duration("2.250000000"), 2'250'000'000);
  EXPECT_EQ(parse_duration("-2.250000000"), -2'250'000'000);
  EXPECT_EQ(parse_duration("-0.000000001"), -1);
  EXPECT_EQ(parse_duration("0.000000000"), 0);
  EXPECT_EQ(parse_duration("9223372036.854775807"), latest);
  EXPECT_EQ(parse_duration("9223372036.854775808"), std::nullopt);
}

TEST(ParseNumber, ReadsDecimalAndHexadecimalAlike) {
  for (const char* text : {"24", "0x18", "0x0018", "0x00000018", "0X18", "024"}) {
    EXPECT_EQ(parse_number(text), 24U) << text;
  }
  EXPECT_EQ(parse_number("0xAbCdEf"), 0xabcdefU);
  EXPECT_EQ(parse_number("0"), 0U);
}

TEST(ParseNumber, ReachesToTheEndOfSixtyFourBits) {
  EXPECT_EQ(parse_number("18446744073709551615"), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(parse_number("0xffffffffffffffff"), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(parse_number("18446744073709551616"), std::nullopt);
  EXPECT_EQ(parse_number("0x10000000000000000"), std::nullopt);
}

TEST(ParseNumber, RefusesAnythingElse) {
  for (const char* text : {"", "-1", "+1", " 1", "1 ", "0x", "0x-1", "0xg", "x18", "18h", "1.0", "1e3",
                           "0x0x1", "\xe2\x9c\x93"}) {
    EXPECT_EQ(parse_number(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace flowmeter
