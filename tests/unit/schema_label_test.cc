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
  return rules_of("label," + header + "\nx," + values + "\n").at(0).takes(flow(), time);
}

TEST(CsvReader, ReadsQuotedCells) {
  const auto rows = read_csv(
      "\xef\xbb\xbf"
      "a,\"b,\"\"c\"\"\"\r\n\r\n\"x\ny\",\n");
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].cells, (std::vector<std::string>{"a", "b,\"c\""}));
  EXPECT_EQ(rows[1].line, 3U);
  EXPECT_EQ(rows[1].cells, (std::vector<std::string>{"x\ny", ""}));
  EXPECT_TRUE(read_csv("").empty());
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

TEST(LabelRules, HaveTimeWindows) {
  EXPECT_TRUE(takes("start,end", "105,120"));
  EXPECT_FALSE(takes("start,end", "105,120", LabelTime::start));
  EXPECT_TRUE(takes("start,end", "90,100", LabelTime::start));
  EXPECT_TRUE(takes("start", "110.0"));
  EXPECT_FALSE(takes("start", "110.000000001"));
  EXPECT_FALSE(takes("end", "99.999999999"));
  EXPECT_TRUE(takes("start,end", "1970-01-01T00:01:45Z,1970-01-01 00:02:00"));
}

TEST(LabelRules, AreRefusedWithFileLineAndReason) {
  EXPECT_EQ(refusal(""), "--labels rules.csv:1: there is no header line");
  EXPECT_EQ(refusal("src\n10.0.0.1\n"), "--labels rules.csv:1: the header has no column label");
  EXPECT_EQ(refusal("label,sorce\n").substr(0, 38), "--labels rules.csv:1: the header has \"");
  EXPECT_EQ(refusal("label,src\n\nx,10.0.0\n"), "--labels rules.csv:3: \"10.0.0\" is no address");
  EXPECT_EQ(refusal("label\na\n\"b\n"), "--labels rules.csv:3: a quote is not closed");
  for (const char* line :
       {",,,,,", "x,1.2.3.4/33,,,,", "x,,70000,,,", "x,,9-5,,,", "x,,,icmpx,,", "x,,,,noon,", "x,,,,,a",
        "x,,,,,=1", "x,,,,,a<b", "x,,,,,a=1&&", "x,,,,", "x,,,,,,"}) {
    EXPECT_TRUE(refusal(std::string("label,src,dport,proto,start,filter\n") + line + "\n")
                    .starts_with("--labels rules.csv:2: "))
        << line;
  }
}

TEST(Conditions, CompareNumbersAsNumbers) {
  const auto holds = [](const std::string& condition, const char* cell) {
    return rules_of("label,filter\nx,\"" + condition + "\"\n").at(0).conditions.at(0).holds(cell);
  };
  EXPECT_TRUE(holds("a=0", "0.0"));
  EXPECT_TRUE(holds("a == 10", "1e1"));
  EXPECT_FALSE(holds("a!=10", "10"));
  EXPECT_TRUE(holds("a<10", "9"));
  EXPECT_FALSE(holds("a<9", "10"));
  EXPECT_TRUE(holds("a>=1e-05", "0.00001"));
  EXPECT_TRUE(holds("a=TCP", "TCP"));
  EXPECT_TRUE(holds("a!=TCP", "UDP"));
  EXPECT_FALSE(holds("a>1", "-"));
}

TEST(Labeller, TakesTheFirstRuleInTheOrderOfTheFile) {
  const FeatureSettings settings;
  const ColumnRegistry registry(settings);
  Labeller labeller(
      "rules.csv", rules_of("label,src,dport\nnone,10.0.0.7,\nnet,10.0.0.0/24,81\nhost,10.0.0.2,\nany,,80\n"),
      LabelTime::overlap, "other");
  labeller.bind(registry);
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
  EXPECT_EQ(labeller.unmatched(), "rules.csv: 2 rules took no flow: line 2 (none), line 3 (net)");
}

TEST(Labeller, RefusesConditionsOnNoColumn) {
  Labeller labeller("rules.csv", rules_of("label,filter\nx,fwd_tot_pkts=1\n"), LabelTime::overlap, "-");
  const ColumnRegistry registry(FeatureSettings{});
  const std::string message = message_of<UsageError>([&] { labeller.bind(registry); });
  EXPECT_TRUE(message.starts_with(
      "--labels rules.csv:2: there is no column \"fwd_tot_pkts\", did you mean \"fwd_tot_pkt\"?"))
      << message;
}

}  // namespace
}  // namespace flowmeter
