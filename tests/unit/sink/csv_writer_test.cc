#include "sink/csv_writer.h"

#include <gtest/gtest.h>

#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>

#include "support.h"

namespace flowmeter {
namespace {

using test::MemorySink;

std::string printed(double value) {
  std::string text = "x";  // it appends
  append_real(text, value);
  EXPECT_EQ(text[0], 'x');
  return text.substr(1);
}

TEST(Real, IsPrintedAsPythonPrintsItButForThePointZero) {
  const std::pair<double, const char*> reals[] = {
      {0.0, "0"},
      {1.0, "1"},
      {-1.0, "-1"},
      {5.0, "5"},
      {0.1, "0.1"},
      {-0.5, "-0.5"},
      {39.291917, "39.291917"},
      {927.0555555555554, "927.0555555555554"},
      {123456789.0, "123456789"},
      {1234.5678, "1234.5678"},
      {123456.78901234567, "123456.78901234567"},
      {9223372036.854776, "9223372036.854776"},
      {2251799813685248.5, "2251799813685248.5"},
      {9007199254740992.0, "9007199254740992"},
      {0.1 + 0.2, "0.30000000000000004"},
      {1.0 / 3, "0.3333333333333333"},
      {2.0 / 3, "0.6666666666666666"},
      {3.0000000000000004, "3.0000000000000004"},
      {100.0, "100"},
      // The exponent form begins below 1e-4 ...
      {0.0001, "0.0001"},
      {0.0001000000000000001, "0.0001000000000000001"},
      {0.00012345678901234567, "0.00012345678901234567"},
      {9.9999e-05, "9.9999e-05"},
      {5.5e-05, "5.5e-05"},
      {1e-05, "1e-05"},
      {1.5e-07, "1.5e-07"},
      {-1e-09, "-1e-09"},
      {2.2250738585072014e-308, "2.2250738585072014e-308"},
      {5e-324, "5e-324"},
      // ... and at 1e16.
      {1000000000000000.0, "1000000000000000"},
      {9999999999999998.0, "9999999999999998"},
      {-9999999999999998.0, "-9999999999999998"},
      {1e+16, "1e+16"},
      {1.2345678901234568e+16, "1.2345678901234568e+16"},
      {1e+22, "1e+22"},
      {1e+23, "1e+23"},
      {1e+100, "1e+100"},
      {1.7976931348623157e+308, "1.7976931348623157e+308"},
  };
  for (const auto& [value, text] : reals) EXPECT_EQ(printed(value), text);
}

TEST(Real, NegativeZeroIsZero) { EXPECT_EQ(printed(-0.0), "0"); }

TEST(Real, ReadsBackToTheSameDouble) {
  std::mt19937_64 random(41);
  for (int i = 0; i < 20'000; ++i) {
    const std::uint64_t bits = random();
    double value = 0;
    std::memcpy(&value, &bits, sizeof value);
    if (!std::isfinite(value)) continue;
    if (i % 2 == 0) {  // most of them of a usual size
      int exponent = 0;
      value = std::ldexp(std::frexp(value, &exponent), static_cast<int>(bits % 80) - 20);
    }
    const std::string text = printed(value);
    double back = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), back);
    ASSERT_EQ(error, std::errc{}) << text;
    ASSERT_EQ(end, text.data() + text.size()) << text;
    ASSERT_EQ(back, value) << text;
  }
}

class Csv : public testing::Test {
 protected:
  MemorySink sink;
  CsvWriter csv{sink, ',', true};
};

TEST_F(Csv, WritesCellsAndRows) {
  csv.header({"a", "b"});
  csv.text("TCP");
  csv.real(1.5);
  csv.end_row();
  csv.integer(-7);
  csv.natural(18446744073709551615U);
  csv.end_row();
  EXPECT_EQ(sink.text, "a,b\nTCP,1.5\n-7,18446744073709551615\n");
}

TEST_F(Csv, WritesTheLimitsOfIntegers) {
  csv.integer(std::numeric_limits<std::int64_t>::min());
  csv.integer(std::numeric_limits<std::int64_t>::max());
  csv.natural(0);
  csv.end_row();
  EXPECT_EQ(sink.text, "-9223372036854775808,9223372036854775807,0\n");
}

TEST_F(Csv, QuotesCellsThatNeedIt) {
  for (const char* text : {"a,b", "say \"hi\"", "\"", "two\nlines", "cr\rhere", ","}) csv.text(text);
  csv.end_row();
  EXPECT_EQ(sink.text, "\"a,b\",\"say \"\"hi\"\"\",\"\"\"\",\"two\nlines\",\"cr\rhere\",\",\"\n");
}

TEST_F(Csv, LeavesOtherCellsAlone) {
  for (const char* text : {"a b", "a;b", "a\tb", " x ", "'",
                           "Gr\xc3\xbc\xc3\x9f"
                           "e",
                           "\xff"})
    csv.text(text);
  csv.end_row();
  EXPECT_EQ(sink.text,
            "a b,a;b,a\tb, x ,',Gr\xc3\xbc\xc3\x9f"
            "e,\xff\n");
}

TEST_F(Csv, KeepsEmptyCells) {
  csv.text("");
  csv.text("");
  csv.text("x");
  csv.text("");
  csv.end_row();
  EXPECT_EQ(sink.text, ",,x,\n");
}

TEST_F(Csv, QuotesTheHeaderToo) {
  csv.header({"a,b", "c"});
  EXPECT_EQ(sink.text, "\"a,b\",c\n");
}

TEST_F(Csv, HandsOnWholeRows) {
  csv.text("a");
  EXPECT_EQ(sink.text, "");
  csv.end_row();
  EXPECT_EQ(sink.text, "a\n");
}

TEST(CsvWriter, QuotesByItsOwnDelimiter) {
  MemorySink sink;
  CsvWriter csv(sink, '\t', true);
  csv.header({"a", "b"});
  csv.text("x\ty");
  csv.text("x,y");
  csv.end_row();
  EXPECT_EQ(sink.text, "a\tb\n\"x\ty\"\tx,y\n");
}

TEST(CsvWriter, MayLeaveTheHeaderOut) {
  MemorySink sink;
  CsvWriter csv(sink, ',', false);
  csv.header({"a", "b"});
  csv.natural(1);
  csv.end_row();
  EXPECT_EQ(sink.text, "1\n");
}

TEST(CsvWriter, SafeCellsAreNoFormulas) {
  const auto row = [](bool safe_cells) {
    MemorySink sink;
    CsvWriter writer(sink, ',', true, safe_cells);
    for (const char* text : {"=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "=\"a\",b", "a=b", "", "'x"}) {
      writer.text(text);
    }
    writer.integer(-1);
    writer.real(-0.5);
    writer.end_row();
    return sink.text;
  };
  EXPECT_EQ(row(true), "'=1+1,'+1,'-1,'@SUM(A1),'\tx,\"'\rx\",\"'=\"\"a\"\",b\",a=b,,'x,-1,-0.5\n");
  EXPECT_EQ(row(false), "=1+1,+1,-1,@SUM(A1),\tx,\"\rx\",\"=\"\"a\"\",b\",a=b,,'x,-1,-0.5\n");
}

}  // namespace
}  // namespace flowmeter
