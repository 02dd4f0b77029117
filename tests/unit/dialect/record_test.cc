#include "dialect/record.h"

#include <gtest/gtest.h>

#include <string>

#include "dialect/fields.h"
#include "dialect/key_table.h"
#include "support.h"

namespace flowmeter {
namespace {

using test::field_set;
using test::strings;

using Texts = std::vector<std::string>;

TEST(FieldSet, HoldsEachNameOnceInTheOrderAskedFor) {
  FieldSet fields;
  EXPECT_EQ(fields.add("tcp.stream"), 0);
  EXPECT_EQ(fields.add("ip.src"), 1);
  EXPECT_EQ(fields.add("tcp.stream"), 0);
  EXPECT_EQ(fields.names(), (Texts{"tcp.stream", "ip.src"}));
  EXPECT_EQ(fields.size(), 2U);
}

TEST(FieldSet, DoesNotFindWhatIsNotInIt) {
  const FieldSet fields = field_set({"tcp.stream"});
  EXPECT_EQ(fields.find("tcp.stream"), 0);
  EXPECT_EQ(fields.find("tcp"), no_field);
  EXPECT_EQ(fields.find("tcp.stream.x"), no_field);
  EXPECT_EQ(fields.find(""), no_field);
}

TEST(Record, IsEmptyAtFirst) {
  Record record(2);
  record.seal(false);
  EXPECT_FALSE(record.has(0));
  EXPECT_EQ(record.first(1), "");
  EXPECT_TRUE(record.values(1).empty());
}

TEST(Record, KeepsTheOrderOfAFieldsValues) {
  Record record(3);
  record.add(2, "a");
  record.add(2, "b");
  record.add(0, "c");
  record.seal(false);
  EXPECT_EQ(strings(record.values(2)), (Texts{"a", "b"}));
  EXPECT_EQ(strings(record.values(0)), (Texts{"c"}));
  EXPECT_FALSE(record.has(1));
  EXPECT_EQ(record.first(2), "a");
}

TEST(Record, GathersValuesThatLieApart) {
  Record record(3);
  record.add(0, "a0");
  record.add(1, "b0");
  record.add(0, "a1");
  record.add(2, "c0");
  record.add(1, "b1");
  record.add(0, "a2");
  record.seal(false);
  EXPECT_EQ(strings(record.values(0)), (Texts{"a0", "a1", "a2"}));
  EXPECT_EQ(strings(record.values(1)), (Texts{"b0", "b1"}));
  EXPECT_EQ(strings(record.values(2)), (Texts{"c0"}));
}

TEST(Record, PutsNestedValuesLastIfToldSo) {
  Record record(2);
  record.add(0, "quoted", true);
  record.add(1, "x", true);
  record.add(0, "own");
  record.add(0, "quoted too", true);
  record.add(0, "own too");
  record.seal(true);
  EXPECT_EQ(strings(record.values(0)), (Texts{"own", "own too", "quoted", "quoted too"}));
  EXPECT_EQ(strings(record.values(1)), (Texts{"x"}));
}

TEST(Record, PutsAdjacentNestedValuesLastToo) {
  Record record(1);
  record.add(0, "quoted", true);
  record.add(0, "own");
  record.seal(true);
  EXPECT_EQ(strings(record.values(0)), (Texts{"own", "quoted"}));
}

TEST(Record, LeavesNestedValuesInPlaceOtherwise) {
  Record record(1);
  record.add(0, "quoted", true);
  record.add(0, "own");
  record.seal(false);
  EXPECT_EQ(strings(record.values(0)), (Texts{"quoted", "own"}));
}

TEST(Record, CanBeUsedAgain) {
  Record record(2);
  for (int round = 0; round < 3; ++round) {
    record.clear();
    record.add(0, "a", true);
    record.add(1, "b");
    record.add(0, "c");
    record.seal(true);
    EXPECT_EQ(strings(record.values(0)), (Texts{"c", "a"}));
    EXPECT_EQ(strings(record.values(1)), (Texts{"b"}));
    record.clear();
    record.seal(true);
    EXPECT_FALSE(record.has(0));
    EXPECT_FALSE(record.has(1));
  }
}

TEST(Record, AnEmptyValueIsAValue) {
  Record record(1);
  record.add(0, "");
  record.seal(false);
  EXPECT_TRUE(record.has(0));
  EXPECT_EQ(record.values(0).size(), 1U);
}

TEST(KeyTable, KnowsAllSpellingsOfAField) {
  const FieldSet fields = field_set({"tcp.stream", "frame.time_epoch"});
  KeyTable keys(fields);
  for (const char* key : {"tcp.stream", "tcp_stream", "tcp_tcp_stream"}) {
    EXPECT_EQ(keys.find(key), 0) << key;
  }
  for (const char* key : {"frame.time_epoch", "frame_time_epoch", "frame_frame_time_epoch"}) {
    EXPECT_EQ(keys.find(key), 1) << key;
  }
}

TEST(KeyTable, KnowsEveryProtocolThatAFieldMayBelongTo) {
  const FieldSet fields = field_set({"tcp.options.mss_val"});
  KeyTable keys(fields);
  for (const char* key : {"tcp.options.mss_val", "tcp_options_mss_val", "tcp_tcp_options_mss_val",
                          "tcp_options_tcp_options_mss_val"}) {
    EXPECT_EQ(keys.find(key), 0) << key;
  }
}

TEST(KeyTable, DoesNotKnowOtherKeys) {
  const FieldSet fields = field_set({"tcp.stream"});
  KeyTable keys(fields);
  for (const char* key : {"", "tcp", "stream", "tcp_tcp", "tcp.stream_tree", "udp_tcp_stream",
                          "tcp_tcp_stream_raw", "tcp tcp stream", "\xe2\x9c\x93"}) {
    EXPECT_EQ(keys.find(key), no_field) << key;
  }
}

TEST(KeyTable, TheSpellingOfOneFieldThatIsAnothersNameBelongsToTheNamed) {
  const FieldSet fields = field_set({"a.b_c", "a.b.c"});
  KeyTable keys(fields);
  EXPECT_EQ(keys.find("a.b_c"), 0);
  EXPECT_EQ(keys.find("a.b.c"), 1);
}

TEST(KeyTable, FindsKeysInAnyOrderAgainAndAgain) {
  const FieldSet fields = field_set({"ip.src", "ip.dst", "tcp.stream", "udp.stream"});
  KeyTable keys(fields);
  const std::pair<const char*, FieldId> order[] = {
      {"ip_src", 0},   {"ip_dst", 1},     {"tcp_stream", 2}, {"ip_src", 0}, {"udp_stream", 3},
      {"x", no_field}, {"udp_stream", 3}, {"udp_stream", 3}, {"ip_dst", 1}, {"ip_ip_src", 0}};
  for (int round = 0; round < 4; ++round) {
    for (const auto& [key, field] : order) EXPECT_EQ(keys.find(key), field) << key;
  }
}

TEST(KeyTable, AnEmptySetKnowsNothing) {
  const FieldSet fields;
  KeyTable keys(fields);
  EXPECT_EQ(keys.find("tcp.stream"), no_field);
  EXPECT_EQ(keys.find(""), no_field);
}

}  // namespace
}  // namespace flowmeter
