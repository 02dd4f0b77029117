#include "schema/label_rules.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/error.h"
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

}  // namespace
}  // namespace flowmeter
