#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/csv_reader.h"
#include "base/error.h"
#include "schema/label_rules.h"
#include "schema/labeller.h"
#include "support.h"

namespace flowmeter {
namespace {

using test::client;
using test::message_of;
using test::second;
using test::server;

std::vector<LabelRule> rules_of(const std::string& text) { return parse_label_rules(text, "rules.csv"); }

std::string refusal(const std::string& text) {
  return message_of<UsageError>([&] { (void)rules_of(text); });
}

/// A flow from client to server, TCP, from 100 s to 110 s.
Flow flow() {
  Flow flow;
  flow.source = client;
  flow.destination = server;
  flow.first_ns = 100 * second;
  flow.last_ns = 110 * second;
  return flow;
}

bool takes(const std::string& header, const std::string& values, LabelTime time = LabelTime::overlap) {
  return rules_of("label," + header + "\nx," + values + "\n")
      .at(0)
      .takes(flow(), "day 1/attack/x.pcap", time);
}

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

TEST(LabelRules, TakeWhatTheyName) {
  EXPECT_TRUE(takes("src", ""));
  EXPECT_TRUE(takes("src,dst", "10.0.0.1,10.0.0.2"));
  EXPECT_TRUE(takes("src,dst", "10.0.0.2,10.0.0.1"));
  EXPECT_FALSE(takes("src,dst,both_ways", "10.0.0.2,10.0.0.1,0"));
  EXPECT_TRUE(takes("src", "10.0.0.9|10.0.0.0/30"));
  EXPECT_FALSE(takes("src", "10.0.0.4/30"));
  EXPECT_FALSE(takes("src", "::1"));
  EXPECT_TRUE(takes("dport", "22 80"));
  EXPECT_TRUE(takes("dport", "1-100"));
  EXPECT_FALSE(takes("dport", "81-100"));
  EXPECT_TRUE(takes("sport,dport", "80,40000"));
  EXPECT_FALSE(takes("sport,dport,both_ways", "80,40000,0"));
  EXPECT_TRUE(takes("proto", "tcp"));
  EXPECT_FALSE(takes("proto", "17"));
}

TEST(LabelRules, TakeInputsByTheirNames) {
  EXPECT_TRUE(takes("input", ""));
  EXPECT_TRUE(takes("input", "day 1/attack/x.pcap"));
  EXPECT_TRUE(takes("input", "day 1/attack/*"));
  EXPECT_TRUE(takes("input", "*/benign/* | */attack/*"));
  EXPECT_FALSE(takes("input", "attack/*"));
  EXPECT_FALSE(takes("input", "*/benign/*"));
}

TEST(LabelRules, HaveTimeWindows) {
  EXPECT_TRUE(takes("start,end", "105,120"));
  EXPECT_FALSE(takes("start,end", "105,120", LabelTime::start));
  EXPECT_TRUE(takes("start,end", "90,100", LabelTime::start));
  EXPECT_TRUE(takes("start", "110.0"));
  EXPECT_FALSE(takes("start", "110.000000001"));
  EXPECT_FALSE(takes("end", "99.999999999"));
  EXPECT_TRUE(takes("start,end", "1970-01-01T00:01:45Z,1970-01-01 00:02:00"));
  EXPECT_TRUE(takes("start,end", "1970-01-01T02:01:45+02:00,1969-12-31 23:02:00-01:00"));
  EXPECT_FALSE(takes("start", "1970-01-01T00:01:45-00:30"));
}

TEST(LabelRules, AreOfAZone) {
  const auto start = [](const char* time, const TimeZone& zone) {
    return parse_label_rules(std::string("label,start\nx,") + time + "\n", "rules.csv", zone).at(0).start_ns;
  };
  EXPECT_EQ(start("1970-01-01 02:00:01", TimeZone("+02:00")), second);
  EXPECT_EQ(start("1970-01-01 02:00:01Z", TimeZone("+02:00")), 7201 * second);
  EXPECT_EQ(start("1", TimeZone("+02:00")), second);
}

TEST(LabelRules, AreRefusedWithFilePlaceAndReason) {
  EXPECT_EQ(refusal(""), "--labels rules.csv:1:1: there is no header line");
  EXPECT_EQ(refusal("src\n10.0.0.1\n"), "--labels rules.csv:1:1: the header has no column \"label\"");
  EXPECT_EQ(refusal("label,sorce\n").substr(0, 40), "--labels rules.csv:1:7: unknown column \"");
  EXPECT_EQ(refusal("label,src\n\nx,10.0.0\n"),
            "--labels rules.csv:3:3: \"10.0.0\" is neither an address nor a block such as 10.0.0.0/8");
  EXPECT_EQ(refusal("label,src\nx,1.2.3.4,5\n"),
            "--labels rules.csv:2:1: 3 values instead of the header's 2 (put a value that contains commas in "
            "double quotes)");
  EXPECT_EQ(refusal("label\na\n\"b\n"), "--labels rules.csv:3: a quote is not closed");
  for (const char* line : {",,,,,", "x,1.2.3.4/33,,,,", "x,,70000,,,", "x,,9-5,,,", "x,,,icmpx,,",
                           "x,,,,noon,", "x,,,,", "x,,,,,,"}) {
    EXPECT_TRUE(refusal(std::string("label,src,dport,proto,start,filter\n") + line + "\n")
                    .starts_with("--labels rules.csv:2:"))
        << line;
  }
}

TEST(Labeller, TakesTheFirstRuleInTheOrderOfTheFile) {
  const FeatureSettings settings;
  const ColumnRegistry registry(settings);
  Labeller labeller(
      "rules.csv", rules_of("label,src,dport\nnone,10.0.0.7,\nnet,10.0.0.0/24,81\nhost,10.0.0.2,\nany,,80\n"),
      LabelTime::overlap, "other");
  labeller.bind(registry, settings);
  Flow of = flow();
  MomentsMemo memo;
  struct NoWriter final : RowWriter {
    void header(const std::vector<std::string>&) override {}
    void integer(std::int64_t) override {}
    void natural(std::uint64_t) override {}
    void real(double) override {}
    void text(std::string_view) override {}
    void end_row() override {}
  } out;
  const RowContext row{settings, "-", EndReason::idle, 0};
  const Cell cell{of, nullptr, out, memo, row};
  EXPECT_EQ(labeller.label(cell), "host");
  of.source.address.bytes[3] = 5;
  of.destination.address.bytes[3] = 6;
  EXPECT_EQ(labeller.label(cell), "any");
  of.destination.port = of.source.port = 9;
  EXPECT_EQ(labeller.label(cell), "other");
  EXPECT_EQ(labeller.unmatched(), "rules.csv: 2 rules matched no flow: line 2 (none), line 3 (net)");
}

/// What a labeller says of a rule with that filter, quotes in it as they are, in the second column.
std::string filter_refusal(std::string filter) {
  for (std::size_t at = 0; (at = filter.find('"', at)) != std::string::npos; at += 2) filter.insert(at, "\"");
  Labeller labeller("rules.csv", rules_of("label,filter\nx,\"" + filter + "\"\n"), LabelTime::overlap, "-");
  const FeatureSettings settings;
  const ColumnRegistry registry(settings);
  return message_of<UsageError>([&] { labeller.bind(registry, settings); });
}

TEST(Labeller, RefusesFiltersWithFileAndPlace) {
  EXPECT_EQ(filter_refusal("fwd_tot_pkts=1"),
            "--labels rules.csv:2:4: there is no column \"fwd_tot_pkts\", did you mean \"fwd_tot_pkt\"? (see "
            "--list-columns)");
  EXPECT_EQ(filter_refusal("protocol = \"TCP\" | dst_port = 80"),
            "--labels rules.csv:2:23: \"|\" is not an operator: write || or \"or\", in {a, b} for one of "
            "several values, or put text with \"|\" in quotes");
  EXPECT_EQ(
      filter_refusal("dst_port = 80 &&\n  protocol = 6"),
      "--labels rules.csv:3:14: protocol is text, and 6 is a number: put it in quotes to compare it as text");
  EXPECT_TRUE(filter_refusal("label=1").starts_with("--labels rules.csv:2:4: there is no column \"label\""));
}

}  // namespace
}  // namespace flowmeter
