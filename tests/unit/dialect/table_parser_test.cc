#include "dialect/table_parser.h"

#include <gtest/gtest.h>

#include <string>

#include "base/error.h"
#include "support.h"

namespace flowmeter {
namespace {

using test::field_set;
using test::message_of;
using test::strings;

using Texts = std::vector<std::string>;

class Table : public testing::Test {
 protected:
  bool parse(TableParser& parser, const std::string& line) {
    line_ = line;
    return parser.parse(std::span(line_.data(), line.size()), record_);
  }

  Texts of(std::string_view field) const { return strings(record_.values(fields_.find(field))); }

  const FieldSet fields_ = field_set({"frame.number", "ip.src", "tcp.stream", "tcp.flags"});
  Record record_{fields_.size()};
  std::string line_;
};

TEST_F(Table, TakesTheColumnsFromTheFirstLine) {
  TableParser parser(fields_);
  EXPECT_FALSE(parser.has_header());
  EXPECT_FALSE(parse(parser, "tcp.stream\tframe.number\tip.src\ttcp.flags"));
  EXPECT_TRUE(parser.has_header());
  ASSERT_TRUE(parse(parser, "3\t1\t10.0.0.1\t0x0002"));
  EXPECT_EQ(of("tcp.stream"), (Texts{"3"}));
  EXPECT_EQ(of("frame.number"), (Texts{"1"}));
  EXPECT_EQ(of("ip.src"), (Texts{"10.0.0.1"}));
  EXPECT_EQ(of("tcp.flags"), (Texts{"0x0002"}));
}

TEST_F(Table, TakesColumnsThatAreKnownBefore) {
  TableParser parser(fields_, {"ip.src", "other", "tcp.stream"});
  EXPECT_TRUE(parser.has_header());
  ASSERT_TRUE(parse(parser, "10.0.0.1\tx\t3"));
  EXPECT_EQ(of("ip.src"), (Texts{"10.0.0.1"}));
  EXPECT_EQ(of("tcp.stream"), (Texts{"3"}));
}

TEST(ColumnSpelling, IsThatOfEk) {
  const auto flags = ColumnSpelling::of("tcp.flags"), ip_flags = ColumnSpelling::of("ip.flags");
  EXPECT_EQ(flags.as_ek("0x002"), "0x0002");
  EXPECT_EQ(flags.as_ek("0xfff"), "0x0fff");
  EXPECT_EQ(flags.as_ek("0x0018"), "0x0018");
  EXPECT_EQ(flags.as_ek("0x00000018"), "0x00000018") << "as versions before 4.0 have it everywhere";
  EXPECT_EQ(flags.as_ek("flags"), "flags");
  EXPECT_EQ(ip_flags.as_ek("0x2"), "0x02");
  EXPECT_EQ(ip_flags.as_ek("0x40"), "0x40");
  EXPECT_EQ(ColumnSpelling::of("tcp.analysis.lost_segment").as_ek("\u2713"), "1");
  EXPECT_EQ(ColumnSpelling::of("tcp.len").as_ek("0x2"), "0x2");
}

TEST_F(Table, CountsMarksWithoutText) {
  const FieldSet fields = field_set({"tcp.analysis.duplicate_ack"});
  Record record(fields.size());
  TableParser parser(fields, fields.names());
  std::string line = "\u2713,";
  ASSERT_TRUE(parser.parse(std::span(line.data(), line.size()), record));
  EXPECT_EQ(strings(record.values(0)), (Texts{"1", "1"}));
}

TEST_F(Table, PassesOverColumnsThatNobodyAskedFor) {
  TableParser parser(fields_);
  (void)parse(parser, "_ws.col.Info\ttcp.stream\tudp.stream");
  ASSERT_TRUE(parse(parser, "a, b, c\t3\t4"));
  EXPECT_EQ(of("tcp.stream"), (Texts{"3"}));
}

TEST_F(Table, SplitsSeveralValuesAtCommas) {
  TableParser parser(fields_, {"ip.src", "tcp.stream"});
  ASSERT_TRUE(parse(parser, "10.0.0.1,172.16.0.1\t0,1,2"));
  EXPECT_EQ(of("ip.src"), (Texts{"10.0.0.1", "172.16.0.1"}));
  EXPECT_EQ(of("tcp.stream"), (Texts{"0", "1", "2"}));
}

TEST_F(Table, AnEmptyCellIsNoValue) {
  TableParser parser(fields_, {"ip.src", "tcp.stream", "frame.number"});
  ASSERT_TRUE(parse(parser, "\t\t7"));
  EXPECT_FALSE(record_.has(fields_.find("ip.src")));
  EXPECT_FALSE(record_.has(fields_.find("tcp.stream")));
  EXPECT_EQ(of("frame.number"), (Texts{"7"}));
  ASSERT_TRUE(parse(parser, "\t\t"));
  EXPECT_FALSE(record_.has(fields_.find("frame.number")));
}

TEST_F(Table, ALineOfOneColumnMayBeEmpty) {
  TableParser parser(fields_, {"tcp.stream"});
  ASSERT_TRUE(parse(parser, ""));
  EXPECT_FALSE(record_.has(fields_.find("tcp.stream")));
  ASSERT_TRUE(parse(parser, "1"));
  EXPECT_EQ(of("tcp.stream"), (Texts{"1"}));
}

TEST_F(Table, AHeaderMayLackFields) {
  TableParser parser(fields_);
  (void)parse(parser, "tcp.stream");
  ASSERT_TRUE(parse(parser, "3"));
  EXPECT_EQ(of("tcp.stream"), (Texts{"3"}));
  EXPECT_FALSE(record_.has(fields_.find("ip.src")));
}

TEST_F(Table, RefusesACustomColumnThatTsharkMayHaveCut) {
  TableParser parser(fields_, {"ip.src", "other", "tcp.stream"});
  const std::string whole(2046, '1'), full(2047, '1');
  ASSERT_TRUE(parse(parser, "\t" + full + "\t" + whole));
  EXPECT_EQ(of("tcp.stream"), (Texts{whole}));
  EXPECT_EQ(message_of<CutValue>([&] { (void)parse(parser, "\t\t" + full); }),
            "tcp.stream has more values than tshark's columns hold; --decoder ek has no such limit");
}

TEST_F(Table, KeepsTheWholeLayersOfACutColumn) {
  const FieldSet fields = field_set({"frame.protocols", "tcp.stream"});
  TableParser parser(fields, fields.names());
  Record record(fields.size());
  std::string line;  // the record's values are views of it
  const auto layers_of = [&](std::string_view text) {
    line = text;
    EXPECT_TRUE(parser.parse(std::span(line.data(), line.size()), record));
    return std::string(record.first(fields.find("frame.protocols")));
  };
  const std::string whole = "ip:tcp:" + std::string(2039, 'x');
  EXPECT_EQ(layers_of(whole + "\t1"), whole);
  EXPECT_FALSE(record.is_cut(fields.find("frame.protocols")));
  EXPECT_EQ(layers_of(whole + "y\t1"), "ip:tcp");
  EXPECT_TRUE(record.is_cut(fields.find("frame.protocols")));
  EXPECT_FALSE(record.is_cut(fields.find("tcp.stream")));
  EXPECT_EQ(strings(record.values(fields.find("tcp.stream"))), (Texts{"1"}));
  EXPECT_EQ(layers_of("ip\t"), "ip");
  EXPECT_FALSE(record.is_cut(fields.find("frame.protocols")));
}

TEST_F(Table, FieldsOutputIsNeverCut) {
  TableParser parser(fields_);
  (void)parse(parser, "tcp.stream");
  ASSERT_TRUE(parse(parser, std::string(5000, '1')));
  EXPECT_EQ(of("tcp.stream"), (Texts{std::string(5000, '1')}));
}

TEST_F(Table, RefusesALineWithAnotherNumberOfColumns) {
  TableParser parser(fields_, {"ip.src", "tcp.stream", "frame.number"});
  EXPECT_EQ(message_of<InputError>([&] { (void)parse(parser, "10.0.0.1\t3"); }),
            "2 columns instead of the header's 3");
  EXPECT_EQ(message_of<InputError>([&] { (void)parse(parser, "10.0.0.1\t3\t1\t"); }),
            "more columns than the 3 of the header");
  EXPECT_EQ(message_of<InputError>([&] { (void)parse(parser, ""); }), "1 columns instead of the header's 3");
}

TEST_F(Table, ALineBehindARefusedOneIsReadAnew) {
  TableParser parser(fields_, {"ip.src", "tcp.stream"});
  (void)message_of<InputError>([&] { (void)parse(parser, "10.0.0.1"); });
  ASSERT_TRUE(parse(parser, "\t3"));
  EXPECT_FALSE(record_.has(fields_.find("ip.src")));
  EXPECT_EQ(of("tcp.stream"), (Texts{"3"}));
}

TEST_F(Table, BytesThatAreNoTextAreValues) {
  TableParser parser(fields_, {"ip.src", "tcp.stream"});
  ASSERT_TRUE(parse(parser, std::string("\xff\0x\t1", 5)));
  EXPECT_EQ(of("ip.src"), (Texts{std::string("\xff\0x", 3)}));
  EXPECT_EQ(of("tcp.stream"), (Texts{"1"}));
}

TEST_F(Table, ALaterHeaderNamesTheColumnsAnew) {
  TableParser parser(fields_);
  (void)parse(parser, "frame.number\tip.src\ttcp.stream\tx");
  ASSERT_TRUE(parse(parser, "1\t10.0.0.1\t3\ty"));
  EXPECT_EQ(parser.before(), Between::nothing);
  EXPECT_FALSE(parse(parser, "tcp.stream\thttp\tip.src"));
  ASSERT_TRUE(parse(parser, "5\thttp.host\t10.0.0.2"));
  EXPECT_EQ(parser.before(), Between::beginning);
  EXPECT_EQ(of("tcp.stream"), (Texts{"5"}));
  EXPECT_EQ(of("ip.src"), (Texts{"10.0.0.2"}));
  EXPECT_FALSE(record_.has(fields_.find("frame.number")));
  ASSERT_TRUE(parse(parser, "5\t\t10.0.0.2"));
  EXPECT_EQ(parser.before(), Between::nothing);
}

TEST_F(Table, TheSameHeaderOnceMoreIsOneWhateverItsNames) {
  TableParser parser(fields_);
  (void)parse(parser, "ip.src#1\tother 2");
  EXPECT_FALSE(parse(parser, "ip.src#1\tother 2"));
  EXPECT_TRUE(parse(parser, "ip.src\tother 2"));
}

TEST_F(Table, ValuesAreNoHeader) {
  TableParser parser(fields_);
  (void)parse(parser, "_ws.col.Info\ttcp.stream");
  EXPECT_TRUE(parse(parser, "tcp.stream\t3"));
  EXPECT_TRUE(parse(parser, "tcp.stream\t"));
  EXPECT_TRUE(parse(parser, "http.host\thttp.cookie"));
  EXPECT_TRUE(parse(parser, "tcp.stream is\ttcp.flags"));
  TableParser custom(fields_, {"ip.src", "tcp.stream"});
  EXPECT_TRUE(parse(custom, "ip.src\ttcp.stream"));
}

TEST_F(Table, AByteOrderMarkIsNoPartOfAName) {
  TableParser parser(fields_);
  for (const char* stream : {"3", "4"}) {
    EXPECT_FALSE(parse(parser, "\xef\xbb\xbftcp.stream\tip.src"));
    ASSERT_TRUE(parse(parser, std::string(stream) + "\t10.0.0.1"));
    EXPECT_EQ(of("tcp.stream"), (Texts{stream}));
  }
}

TEST_F(Table, PassesOverStatistics) {
  TableParser parser(fields_);
  (void)parse(parser, "tcp.stream\tip.src");
  ASSERT_TRUE(parse(parser, "3\t10.0.0.1"));
  for (const char* line : {"", "===================", "| IO Statistics |", "", "Errors (1)", "==="}) {
    EXPECT_FALSE(parse(parser, line)) << line;
  }
  ASSERT_TRUE(parse(parser, "4\t10.0.0.1"));
  EXPECT_EQ(parser.before(), Between::statistics);
  ASSERT_TRUE(parse(parser, "4\t10.0.0.1"));
  EXPECT_EQ(parser.before(), Between::nothing);
  EXPECT_FALSE(parse(parser, ""));
  EXPECT_FALSE(parse(parser, "Errors (1)")) << "the blank line says that it is no damage";
}

TEST_F(Table, RefusesALineOfAnotherNumberOfColumnsThatIsNoStatistics) {
  TableParser parser(fields_);
  (void)parse(parser, "tcp.stream\tip.src");
  EXPECT_FALSE(parse(parser, "")) << "a blank line is nothing";
  ASSERT_TRUE(parse(parser, "3\t10.0.0.1"));
  EXPECT_EQ(message_of<InputError>([&] { (void)parse(parser, "garbage"); }),
            "1 columns instead of the header's 2");
  EXPECT_EQ(message_of<InputError>([&] { (void)parse(parser, "=======\t\t"); }),
            "more columns than the 2 of the header");
}

}  // namespace
}  // namespace flowmeter
