#include "schema/condition.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace flowmeter {
namespace {

const ColumnKinds columns = {
    {"port", ValueKind::number},  {"bytes", ValueKind::number}, {"protocol", ValueKind::text},
    {"agent", ValueKind::text},   {"input", ValueKind::text},   {"src_ip", ValueKind::address},
    {"ttl", ValueKind::value},    {"my col", ValueKind::text},  {"in", ValueKind::number},
    {"x:y-z.1", ValueKind::text},
};

using Row = std::map<std::string, std::string>;

const Row row = {
    {"port", "80"},        {"bytes", "1500.5"},    {"protocol", "TCP"}, {"agent", "curl/7.88.1 (x)"},
    {"input", "a/b.pcap"}, {"src_ip", "10.0.0.7"}, {"ttl", "64"},       {"my col", "it's"},
    {"in", "1"},           {"x:y-z.1", "-"},
};

bool holds(std::string_view text, const Row& values = row) {
  const Condition condition(text, columns);
  return condition.holds(
      [&](std::size_t i) -> std::string_view { return values.at(condition.columns().at(i)); });
}

/// PLACE: REASON, the place counting from 1.
std::string refusal(std::string_view text) {
  try {
    const Condition condition(text, columns);
  } catch (const ConditionRefusal& refusal) {
    return std::to_string(refusal.place + 1) + ": " + refusal.why;
  }
  return "none";
}

void expect_refusal(std::string_view text, std::string_view begin) {
  EXPECT_TRUE(refusal(text).starts_with(begin)) << text << "\n  " << refusal(text);
}

TEST(Condition, ComparesNumbersAsNumbers) {
  const auto is = [](std::string_view condition, const char* value) {
    return holds(condition, {{"port", value}});
  };
  EXPECT_TRUE(is("port=0", "0.0"));
  EXPECT_TRUE(is("port == 10", "1e1"));
  EXPECT_FALSE(is("port!=10", "10"));
  EXPECT_TRUE(is("port<10", "9"));
  EXPECT_FALSE(is("port<9", "10"));
  EXPECT_FALSE(is("port<9", "9"));
  EXPECT_TRUE(is("port<=9", "9"));
  EXPECT_FALSE(is("port>9", "9.0"));
  EXPECT_TRUE(is("port>9", "9.000000000000000000001"));
  EXPECT_TRUE(is("port>=1e-05", "0.00001"));
  EXPECT_TRUE(is("port>=-3", "-2.5"));
  EXPECT_TRUE(is("port=0x50", "80"));
  EXPECT_TRUE(is("port>1e30", "18446744073709551616000000000000"));
}

TEST(Condition, AMissingNumberEqualsNoneAndHasNoOrder) {
  for (const char* text : {"port=0", "port<0", "port<=0", "port>0", "port>=0", "port in {0, 1..2}"}) {
    EXPECT_FALSE(holds(text, {{"port", "-"}})) << text;
  }
  EXPECT_TRUE(holds("port!=0", {{"port", "-"}}));
  const Condition missing("port=NaN", columns, "NaN");
  EXPECT_TRUE(missing.holds([](std::size_t) { return "NaN"; }));
  EXPECT_FALSE(missing.holds([](std::size_t) { return "0"; }));
  expect_refusal("port=NaN", "6: port is a number, and \"NaN\" is not");
}

TEST(Condition, ComparesTextAsItIsWritten) {
  EXPECT_TRUE(holds("protocol=TCP"));
  EXPECT_FALSE(holds("protocol=tcp"));
  EXPECT_TRUE(holds("protocol != UDP"));
  EXPECT_TRUE(holds("protocol=\"TCP\""));
  EXPECT_TRUE(holds("protocol='TCP'"));
  EXPECT_TRUE(holds("agent=\"curl/7.88.1 (x)\""));
  EXPECT_TRUE(holds("'my col' = 'it''s'"));
  EXPECT_TRUE(holds("\"my col\" = \"it's\""));
  EXPECT_TRUE(holds("x:y-z.1 = -"));
  EXPECT_TRUE(holds("protocol=\"6\"", {{"protocol", "6"}}));
  EXPECT_FALSE(holds("protocol=\"6\"", {{"protocol", "6.0"}}));
  EXPECT_TRUE(holds("agent=1:a/b+c=", {{"agent", "1:a/b+c="}}));
  EXPECT_TRUE(holds("agent=\"a|b\"", {{"agent", "a|b"}}));
  EXPECT_TRUE(holds("agent=\"\"", {{"agent", ""}}));
}

TEST(Condition, ComparesTextWithPatterns) {
  EXPECT_TRUE(holds("agent ~ curl/*"));
  EXPECT_FALSE(holds("agent ~ curl"));
  EXPECT_TRUE(holds("agent ~ \"*(?)\""));
  EXPECT_TRUE(holds("agent !~ *wget*"));
  EXPECT_TRUE(holds("input~a/*"));
  EXPECT_FALSE(holds("input~b/*"));
  EXPECT_TRUE(holds("src_ip ~ 10.*"));
  EXPECT_TRUE(holds("ttl ~ 6?"));
}

TEST(Condition, ComparesAddressesWithBlocks) {
  EXPECT_TRUE(holds("src_ip=10.0.0.7"));
  EXPECT_TRUE(holds("src_ip=10.0.0.0/29"));
  EXPECT_FALSE(holds("src_ip=10.0.0.8/29"));
  EXPECT_TRUE(holds("src_ip!=192.168.0.0/16"));
  EXPECT_TRUE(holds("src_ip=\"10.0.0.0/8\""));
  EXPECT_TRUE(holds("src_ip in {2001:db8::/32, 10.0.0.5..10.0.0.9}"));
  EXPECT_FALSE(holds("src_ip in {2001:db8::/32, 10.0.0.8..10.0.0.9}"));
  const Row v6 = {{"src_ip", "2001:db8::1"}};
  EXPECT_TRUE(holds("src_ip = 2001:DB8:0::1", v6));
  EXPECT_TRUE(holds("src_ip = 2001:db8::/32", v6));
  EXPECT_TRUE(holds("src_ip in {2001:db8::..2001:db8::ff}", v6));
  EXPECT_FALSE(holds("src_ip = 0.0.0.0/0", v6));
  EXPECT_TRUE(holds("src_ip = -", {{"src_ip", "-"}}));
  EXPECT_FALSE(holds("src_ip = 0.0.0.0/0", {{"src_ip", "-"}}));
}

TEST(Condition, ComparesWithLists) {
  EXPECT_TRUE(holds("port in {80, 443}"));
  EXPECT_TRUE(holds("port in{443,80}"));
  EXPECT_TRUE(holds("port in {70..90}"));
  EXPECT_TRUE(holds("port in {80..80}"));
  EXPECT_FALSE(holds("port in {81..90, 1..79}"));
  EXPECT_TRUE(holds("port not in {443}"));
  EXPECT_FALSE(holds("port NOT IN {80}"));
  EXPECT_TRUE(holds("bytes in {-1.5..1500.5}"));
  EXPECT_TRUE(holds("protocol in {UDP, 'TCP'}"));
  EXPECT_TRUE(holds("input in {../x, a/b.pcap}"));
  EXPECT_TRUE(holds("'in' in {1}"));
}

TEST(Condition, FieldsValuesAreWhatTheyAreComparedWith) {
  EXPECT_TRUE(holds("ttl=64"));
  EXPECT_TRUE(holds("ttl=0x40"));
  EXPECT_FALSE(holds("ttl=\"0x40\""));
  EXPECT_TRUE(holds("ttl<=64"));
  EXPECT_TRUE(holds("ttl in {1..32, 64..128}"));
  EXPECT_FALSE(holds("ttl=abc"));
  EXPECT_TRUE(holds("ttl=abc", {{"ttl", "abc"}}));
  EXPECT_FALSE(holds("ttl>0", {{"ttl", "abc"}}));
  EXPECT_TRUE(holds("ttl=10.0.0.0/8", {{"ttl", "10.1.2.3"}}));
  EXPECT_TRUE(holds("ttl=True", {{"ttl", "1"}}));
  EXPECT_TRUE(holds("ttl in {a..b}", {{"ttl", "a..b"}}));
}

TEST(Condition, JoinsComparisons) {
  EXPECT_TRUE(holds("protocol!=UDP && port=80"));
  EXPECT_FALSE(holds("protocol!=UDP && port=81"));
  EXPECT_TRUE(holds("protocol=UDP || port=80"));
  EXPECT_FALSE(holds("protocol!=TCP || port=443"));
  EXPECT_TRUE(holds("protocol=UDP or port=80 and protocol=TCP"));
  EXPECT_TRUE(holds("port=80 OR port=81 AND port=82"));
  EXPECT_FALSE(holds("(port=80 || port=81) && port=82"));
  EXPECT_TRUE(holds("!port=81"));
  EXPECT_TRUE(holds("!(port=81)&&!(port=82)"));
  EXPECT_FALSE(holds("not port=80 or port=81"));
  EXPECT_TRUE(holds("not not(port=80)"));
  EXPECT_TRUE(holds("!!port=80"));
  EXPECT_TRUE(holds("((port=80))"));
  EXPECT_TRUE(holds(" port\t=\n80 "));
  EXPECT_TRUE(holds("port=80&&bytes>1||port=1"));
}

TEST(Condition, AsksOnlyForWhatDecides) {
  const Condition condition("port=81 && bytes=1 || protocol=TCP && port!=80", columns);
  EXPECT_EQ(condition.columns(), (std::vector<std::string>{"port", "bytes", "protocol"}));
  std::vector<std::size_t> asked;
  EXPECT_FALSE(condition.holds([&](std::size_t i) -> std::string_view {
    asked.push_back(i);
    return row.at(condition.columns().at(i));
  }));
  EXPECT_EQ(asked, (std::vector<std::size_t>{0, 2, 0}));
}

TEST(Condition, RefusesWhatDoesNotParse) {
  expect_refusal("", "1: the condition ends where a comparison such as dst_port = 80 is missing");
  expect_refusal("port=80 &&", "11: the condition ends where a comparison");
  expect_refusal("port=80 or or port=1", "12: a comparison such as dst_port = 80 is missing before \"or\"");
  expect_refusal("&& port=80", "1: a comparison such as dst_port = 80 is missing before \"&\"");
  expect_refusal("port=80 &&& port=1", "11: a comparison such as dst_port = 80 is missing before \"&\"");
  expect_refusal("=80", "1: a comparison such as dst_port = 80 is missing before \"=\"");
  expect_refusal("port", "1: \"port\" is not compared with anything");
  expect_refusal("port=80 or 443", "12: \"443\" is not compared with anything");
  expect_refusal("80=port", "1: there is no column \"80\"");
  expect_refusal("prot=80", "1: there is no column \"prot\", did you mean \"port\"? (see --list-columns)");
  expect_refusal("port=", "6: a value is missing after \"=\"");
  expect_refusal("port= && port=1", "7: a value is missing after \"=\"");
  expect_refusal("port=or", "6: a value is missing after \"=\" (if \"or\" is meant, put it in quotes)");
  expect_refusal("port=80 & bytes=1", "9: \"&\" is not an operator: write && or \"and\"");
  expect_refusal("port=80|443", "8: \"|\" is not an operator: write || or \"or\", in {a, b}");
  expect_refusal("port=80,443", "8: unexpected \",\": write in {a, b}");
  expect_refusal("port=80 443", "9: unexpected \"443\"");
  expect_refusal("port=80 bytes=1", "9: unexpected \"bytes\"");
  expect_refusal("agent=curl/7 (x)", "14: unexpected \"(\"");
  expect_refusal("port=80; port=1", "6: port is a number, and \"80;\" is not");
  expect_refusal("(port=80", "1: \"(\" is not closed");
  expect_refusal("port=80)", "8: \")\" without \"(\" before it");
  expect_refusal("(port=80 bytes=1)", "10: unexpected \"bytes\"");
  expect_refusal("agent='x", "7: a quote is not closed");
  expect_refusal("agent=x'y", "8: a quote inside a value");
  expect_refusal("port=>80", "5: \"=>\" is not an operator");
  expect_refusal("port=~80", "5: \"=~\" is not an operator");
  expect_refusal("port<>80", "5: \"<>\" is not an operator");
  expect_refusal("port===80", "5: \"===\" is not an operator");
  expect_refusal("1<port<80", "1: there is no column \"1\"");
  expect_refusal("port<80<90", "6: port is a number, and \"80<90\" is not");
  expect_refusal("port in 80", "9: a list in braces is missing after \"in\", such as port in {a, b}");
  expect_refusal("port in (80, 443)", "9: a list in braces is missing after \"in\"");
  expect_refusal("port in {}", "10: a value is missing after \"{\"");
  expect_refusal("port in {80,}", "13: a value is missing after \",\"");
  expect_refusal("port in {80 443}", "13: \",\" or \"}\" is missing here");
  expect_refusal("port in {80", "9: \"{\" is not closed");
  expect_refusal("port not 80", "1: \"port\" is not compared with anything");
  expect_refusal(std::string(101, '!') + "port=1", "101: the condition has more than 100 levels");
  expect_refusal(std::string(100'000, '('), "101: the condition has more than 100 levels");
}

TEST(Condition, RefusesComparisonsThatCannotBe) {
  expect_refusal("port=http", "6: port is a number, and \"http\" is not");
  expect_refusal("port=\"80\"", "6: port is a number: write 80 without quotes");
  expect_refusal("port>bytes", "6: port is a number, and \"bytes\" is not; columns are compared with values");
  expect_refusal("port in {80, http}", "14: port is a number, and \"http\" is not");
  expect_refusal("port=8000-8099",
                 "6: port is a number, and \"8000-8099\" is not; a range is written port in ");
  expect_refusal("port in {9..1}", "10: the range \"9..1\" ends before it begins");
  expect_refusal("port in {1..}", "10: \"1..\" is not a range of numbers");
  expect_refusal("port~8*", "5: \"~\" compares text, and port is a number");
  expect_refusal("protocol=6", "10: protocol is text, and 6 is a number: put it in quotes");
  expect_refusal("protocol in {TCP, 6}", "19: protocol is text, and 6 is a number");
  expect_refusal("protocol>=TCP", "9: \">=\" compares numbers, and protocol is text");
  expect_refusal("protocol>5", "9: \">\" compares numbers, and protocol is text");
  expect_refusal("input=a/*", "7: \"a/*\" contains *: compare a pattern with ~");
  expect_refusal("src_ip=80", "8: src_ip is an address, and \"80\" is neither an address nor a block");
  expect_refusal("src_ip=10.0.0.0/33",
                 "8: src_ip is an address, and \"10.0.0.0/33\" is neither an address nor a block");
  expect_refusal("src_ip in {10.0.0.9..10.0.0.1}", "12: the range");
  expect_refusal("src_ip in {10.0.0.9..::1}", "12: \"10.0.0.9..::1\" is not a range of addresses");
  expect_refusal("src_ip<10.0.0.1", "7: \"<\" compares numbers, and src_ip is an address");
  expect_refusal("ttl>abc", "5: ttl is compared with < > as a number, and \"abc\" is not");
}

}  // namespace
}  // namespace flowmeter
