#include "source/tshark_records.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "dialect/table_parser.h"
#include "support.h"

namespace flowmeter {
namespace {

using test::field_set;
using test::message_of;

class TsharkRecordsTest : public testing::Test {
 protected:
  void write(std::string_view text) {
    std::copy(text.begin(), text.end(), records.room(text.size()).begin());
    records.commit(text.size());
  }

  /// The first field of the next record.
  std::string next() {
    if (!records.next(record)) return "none";
    return std::string(record.first(0));
  }

  const FieldSet fields = field_set({"ip.src", "ip.dst"});
  TsharkRecords records{std::make_unique<TableParser>(fields, fields.names())};
  Record record{fields.size()};
};

TEST_F(TsharkRecordsTest, AreReadOneByOne) {
  write("a\tb\nc\td\n");
  EXPECT_EQ(next(), "a");
  EXPECT_EQ(next(), "c");
  EXPECT_EQ(next(), "none");
  EXPECT_EQ(records.count(), 2U);
}

TEST_F(TsharkRecordsTest, MayComeInAnyPieces) {
  const std::string text = "a\tb\nc\td\n";
  std::string seen;
  for (const char c : text) {
    write({&c, 1});
    if (const std::string value = next(); value != "none") seen += value;
  }
  EXPECT_EQ(seen, "ac");
  EXPECT_EQ(records.count(), 2U);
}

TEST_F(TsharkRecordsTest, ADamagedOneCountsAndIsPassed) {
  write("a\tb\nno record\nc\td\n");
  EXPECT_EQ(next(), "a");
  EXPECT_EQ(message_of<InputError>([&] { next(); }), "1 columns instead of the header's 2");
  EXPECT_EQ(records.count(), 2U);
  EXPECT_EQ(next(), "c");
  EXPECT_EQ(records.count(), 3U);
}

TEST_F(TsharkRecordsTest, OneThatColumnsDidNotHoldIsCutValue) {
  write(std::string(3000, 'x') + "\tb\nc\td\n");
  EXPECT_NE(message_of<CutValue>([&] { next(); }), "");
  EXPECT_EQ(next(), "c");
  EXPECT_EQ(records.count(), 2U);
}

TEST_F(TsharkRecordsTest, ATornLastLineIsNone) {
  write("a\tb\nc\t");
  records.end();
  EXPECT_EQ(next(), "a");
  EXPECT_EQ(next(), "none");
  EXPECT_TRUE(records.ended());
  EXPECT_EQ(records.count(), 1U);
}

}  // namespace
}  // namespace flowmeter
