#include <gtest/gtest.h>

#include "packet/decoder.h"
#include "source/local_header_merger.h"
#include "support.h"

namespace flowmeter {
namespace {

using test::record_of;

FieldSet run_fields() {
  FieldSet fields;
  PacketDecoder::add_fields(fields);
  for (const char* name : {"tcp.seq_raw", "tcp.ack_raw", "tcp.len"}) fields.add(name);
  return fields;
}

LocalHeader tcp_header() {
  LocalHeader header;
  header.time_ns = 1'700'000'000'000'001'000;
  header.has_time = true;
  header.bytes = 66;
  header.protocol = 6;
  header.source_port = 40000;
  header.destination_port = 80;
  header.tcp_flags = 0x12;
  header.sequence = 4'000'000'000U;
  header.acknowledgement = 4'000'000'001U;
  header.source = *parse_address("10.0.0.1");
  header.destination = *parse_address("192.168.200.255");
  return header;
}

class HeaderValuesTest : public testing::Test {
 protected:
  std::string first(const Record& record, std::string_view field) {
    return std::string(record.first(fields_.find(field)));
  }

  FieldSet fields_ = run_fields();
  LocalHeaderMerger values_{fields_, false};
};

TEST_F(HeaderValuesTest, TsharkIsAskedForTheRest) {
  const FieldSet fields = run_fields();
  EXPECT_EQ(LocalHeaderMerger::remaining(fields, false).names(),
            (std::vector<std::string>{"tcp.len", "tcp.stream || udp.stream"}));
  EXPECT_EQ(LocalHeaderMerger::remaining(fields, true).names(),
            (std::vector<std::string>{"frame.protocols", "tcp.len", "tcp.stream || udp.stream"}));
}

TEST_F(HeaderValuesTest, RecordsComeOutAsTsharkWouldHaveThem) {
  Record record = record_of(fields_, {{"tcp.stream || udp.stream", {"7"}}, {"tcp.len", {"12"}}});
  ASSERT_TRUE(values_.complete(record, tcp_header()));
  EXPECT_TRUE(values_.has_stream());
  EXPECT_EQ(first(record, "frame.time_epoch"), "1700000000.000001000");
  EXPECT_EQ(first(record, "frame.len"), "66");
  EXPECT_EQ(first(record, "frame.protocols"), "eth:ethertype:ip:tcp");
  EXPECT_EQ(first(record, "ip.src"), "10.0.0.1");
  EXPECT_EQ(first(record, "ip.dst"), "192.168.200.255");
  EXPECT_EQ(first(record, "tcp.stream"), "7");
  EXPECT_EQ(first(record, "tcp.srcport"), "40000");
  EXPECT_EQ(first(record, "tcp.dstport"), "80");
  EXPECT_EQ(first(record, "tcp.flags"), "0x0012");
  EXPECT_EQ(first(record, "tcp.seq_raw"), "4000000000");
  EXPECT_EQ(first(record, "tcp.ack_raw"), "4000000001");
  EXPECT_EQ(first(record, "tcp.len"), "12");
  EXPECT_EQ(first(record, "udp.stream"), "");
}

TEST_F(HeaderValuesTest, QuotedHeadersAreThoseOfTheSecondPacket) {
  LocalHeader header = tcp_header();
  header.quoted = true;
  header.protocol = 17;
  header.source = *parse_address("fd00::1");
  header.destination = *parse_address("fd00::2");
  Record record = record_of(fields_, {{"tcp.stream || udp.stream", {"7"}}});
  ASSERT_TRUE(values_.complete(record, header));
  EXPECT_EQ(first(record, "frame.protocols"), "eth:ethertype:ipv6:icmpv6:ipv6:udp");
  const auto sources = record.values(fields_.find("ipv6.src"));
  ASSERT_EQ(sources.size(), 2U);
  EXPECT_EQ(sources[1], "fd00::1");
  EXPECT_EQ(first(record, "udp.stream"), "7");
}

TEST_F(HeaderValuesTest, HeadersThatTsharkDoesNotCountDoNotCount) {
  Record record(fields_.size());
  ASSERT_TRUE(values_.complete(record, tcp_header()));
  EXPECT_FALSE(values_.has_stream());
  EXPECT_EQ(first(record, "frame.len"), "66");
  EXPECT_EQ(first(record, "tcp.srcport"), "");
}

TEST_F(HeaderValuesTest, ATimeBefore1970IsSpelledAsTsharkDoes) {
  LocalHeader header = tcp_header();
  for (const auto& [ns, text] :
       {std::pair{std::int64_t{-1'750'000'000}, "-2.250000000"}, std::pair{std::int64_t{-1}, "-1.999999999"},
        std::pair{std::int64_t{-2'000'000'000}, "-2.000000000"}}) {
    header.time_ns = ns;
    Record record(fields_.size());
    ASSERT_TRUE(values_.complete(record, header));
    EXPECT_EQ(first(record, "frame.time_epoch"), text);
  }
}

TEST_F(HeaderValuesTest, HeadersThatOnlyTsharkSeesAreADisagreement) {
  Record two = record_of(fields_, {{"tcp.stream || udp.stream", {"7", "8"}}});
  EXPECT_FALSE(values_.complete(two, tcp_header()));
  LocalHeader none = tcp_header();
  none.protocol = 0;
  Record one = record_of(fields_, {{"tcp.stream || udp.stream", {"7"}}});
  EXPECT_FALSE(values_.complete(one, none));
  LocalHeader odd_time = none;
  odd_time.time_is_sure = false;
  Record empty(fields_.size());
  EXPECT_TRUE(values_.complete(empty, none));
  EXPECT_FALSE(values_.complete(empty, odd_time));
}

}  // namespace
}  // namespace flowmeter
