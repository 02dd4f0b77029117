#include "dialect/known_fields.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace flowmeter {
namespace {

TEST(KnownFields, AreThereOnce) {
  std::set<std::string_view> names;
  for (const KnownField& field : known_fields()) {
    EXPECT_TRUE(names.insert(field.name).second) << field.name;
    EXPECT_EQ(known_field(field.name), &field);
  }
  EXPECT_EQ(known_field("tcp"), nullptr);
  EXPECT_FALSE(field_has("tcp", field_trait::of_frame));
}

TEST(KnownFields, AreReadFromFramesOnlyIfTheyDependOnTheseAlone) {
  for (const KnownField& field : known_fields()) {
    const bool from_frames = field.has(field_trait::local) || field.fact.has_value();
    EXPECT_TRUE(!from_frames || field.has(field_trait::of_frame)) << field.name;
  }
}

TEST(KnownFields, OfAFactAreOneOrTwo) {
  for (const Fact fact : all_facts) {
    std::vector<std::string> names;
    for (const KnownField& field : known_fields()) {
      if (field.fact == fact) names.emplace_back(field.name);
    }
    ASSERT_TRUE(names.size() == 1 || names.size() == 2);
    if (names.size() == 1) continue;
    EXPECT_TRUE(names[0].starts_with("ip.") || names[0].starts_with("tcp.")) << names[0];
    EXPECT_TRUE(names[1].starts_with("ipv6.") || names[1].starts_with("udp.")) << names[1];
  }
}

TEST(KnownFields, OfHeadersAreExactInColumnsAndStateless) {
  for (const char* field :
       {"frame.time_epoch", "frame.len", "frame.protocols", "eth.src", "vlan.id", "ip.src", "ip.ttl",
        "ip.flags", "ip.dsfield.dscp", "ipv6.dst", "tcp.stream", "tcp.flags", "udp.dstport", "udp.length",
        "tcp.seq_raw", "tcp.window_size_value", "tcp.options.sack_perm"}) {
    EXPECT_TRUE(exact_in_columns(field)) << field;
    EXPECT_TRUE(stateless(field)) << field;
  }
}

TEST(KnownFields, WhatTsharkRemembersOfAConnectionIsNotStateless) {
  for (const char* field : {"tcp.analysis.retransmission", "tcp.analysis.duplicate_ack",
                            "tcp.analysis.ack_rtt", "tcp.window_size", "tcp.seq"}) {
    EXPECT_TRUE(exact_in_columns(field)) << field;
    EXPECT_FALSE(stateless(field)) << field;
  }
  for (const char* field : {"http.host", "tcp.time_delta", "tcp.time_relative", "tcp.segments",
                            "_ws.malformed", "tcp", "", "tcp.analysis", "tcp.payload"}) {
    EXPECT_FALSE(exact_in_columns(field)) << field;
    EXPECT_FALSE(stateless(field)) << field;
  }
}

TEST(KnownFields, OfHeadersMayBeStatelessThoughColumnsSpellThemInAnotherWay) {
  for (const char* field : {"ip.flags.df", "eth.type", "ip.version", "tcp.flags.syn"}) {
    EXPECT_FALSE(exact_in_columns(field)) << field;
    EXPECT_TRUE(stateless(field)) << field;
  }
}

}  // namespace
}  // namespace flowmeter
