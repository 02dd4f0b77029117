#include "base/csv_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "support.h"

namespace flowmeter {
namespace {

using test::message_of;

std::vector<std::string> texts_of(const CsvRow& row) {
  std::vector<std::string> texts;
  for (const CsvCell& cell : row.cells) texts.push_back(cell.text);
  return texts;
}

TEST(CsvReader, ReadsQuotedCells) {
  const auto rows = read_csv(
      "\xef\xbb\xbf"
      "a,\"b,\"\"c\"\"\"\r\n\r\n\"x\ny\",\n");
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(texts_of(rows[0]), (std::vector<std::string>{"a", "b,\"c\""}));
  EXPECT_EQ(rows[1].line, 3U);
  EXPECT_EQ(texts_of(rows[1]), (std::vector<std::string>{"x\ny", ""}));
  EXPECT_TRUE(read_csv("").empty());
}

TEST(CsvReader, KnowsWhereValuesStand) {
  const auto rows = read_csv(
      "\xef\xbb\xbf"
      "\xc3\xa4,bc\r\n\"d\"\"e\nf\",g\n");
  const auto place = [&](std::size_t row, std::size_t cell, std::size_t offset) {
    const TextPlace found = rows.at(row).cells.at(cell).place_of(offset);
    return std::pair(found.line, found.column);
  };
  EXPECT_EQ(place(0, 0, 0), std::pair(std::size_t{1}, std::size_t{1}));
  EXPECT_EQ(place(0, 1, 0), std::pair(std::size_t{1}, std::size_t{3}));
  EXPECT_EQ(place(0, 1, 1), std::pair(std::size_t{1}, std::size_t{4}));
  // d, a quote that is written twice, e, the line's end, f.
  EXPECT_EQ(place(1, 0, 0), std::pair(std::size_t{2}, std::size_t{2}));
  EXPECT_EQ(place(1, 0, 1), std::pair(std::size_t{2}, std::size_t{3}));
  EXPECT_EQ(place(1, 0, 2), std::pair(std::size_t{2}, std::size_t{5}));
  EXPECT_EQ(place(1, 0, 4), std::pair(std::size_t{3}, std::size_t{1}));
  EXPECT_EQ(place(1, 1, 0), std::pair(std::size_t{3}, std::size_t{4}));
}

TEST(CsvReader, RefusesBrokenQuotes) {
  EXPECT_EQ(message_of<InputError>([] { (void)read_csv("a\n\"b"); }), "2: a quote is not closed");
  EXPECT_NE(message_of<InputError>([] { (void)read_csv("\"a\"b"); }), "");
  EXPECT_NE(message_of<InputError>([] { (void)read_csv("a\"b"); }), "");
}

}  // namespace
}  // namespace flowmeter
