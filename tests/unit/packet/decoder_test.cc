#include "packet/decoder.h"

#include <gtest/gtest.h>

#include <string>

#include "base/error.h"
#include "dialect/parser.h"
#include "support.h"

namespace flowmeter {
namespace {

using test::FrameText;
using test::message_of;
using test::second;

class TsharkOutputFormat : public testing::Test {
 protected:
  static FieldSet all_fields() {
    FieldSet fields;
    PacketDecoder::add_fields(fields);
    fields.add("tcp.len");
    return fields;
  }

  const Frame& decode(const FrameText& text) {
    record_ = test::record_of(fields_, text);
    return decoder_.decode(record_);
  }

  std::string refusal(const FrameText& text) {
    return message_of<InputError>([&] { (void)decode(text); });
  }

  const FieldSet fields_ = all_fields();
  PacketDecoder decoder_{fields_};
  Record record_{fields_.size()};
};

const FrameText syn = {{"frame.time_epoch", {"1700000000.123456000"}},
                       {"frame.len", {"60"}},
                       {"frame.protocols", {"eth:ethertype:ip:tcp"}},
                       {"ip.src", {"10.0.0.1"}},
                       {"ip.dst", {"10.0.0.2"}},
                       {"tcp.stream", {"3"}},
                       {"tcp.srcport", {"40000"}},
                       {"tcp.dstport", {"80"}},
                       {"tcp.flags", {"0x0002"}}};

/// The frame with other values for one of its fields; none drops it.
FrameText with(FrameText frame, std::string_view field, std::initializer_list<std::string_view> values) {
  for (auto& [name, old] : frame) {
    if (name == field) old = values;
  }
  return frame;
}

TEST_F(TsharkOutputFormat, ReadsAFrameAndItsPacket) {
  const Frame& frame = decode(syn);
  EXPECT_EQ(frame.number, 1U);
  EXPECT_EQ(frame.time_ns, 1'700'000'000'123'456'000);
  EXPECT_EQ(frame.bytes, 60U);
  ASSERT_EQ(frame.packets.size(), 1U);
  const Packet& packet = frame.packets[0];
  EXPECT_EQ(packet.key, (StreamKey{Transport::tcp, 3}));
  EXPECT_EQ(packet.time_ns, frame.time_ns);
  EXPECT_EQ(packet.frame_number, 1U);
  EXPECT_EQ(packet.frame_bytes, 60U);
  EXPECT_EQ(packet.tcp_flags, tcp_flag::syn);
  EXPECT_EQ(packet.source, (Endpoint{parse_address("10.0.0.1").value(), 40000}));
  EXPECT_EQ(packet.destination, (Endpoint{parse_address("10.0.0.2").value(), 80}));
  EXPECT_EQ(packet.occurrence, 0);
  EXPECT_EQ(packet.order_in_frame, 0);
  EXPECT_EQ(packet.record, &record_);
}

TEST_F(TsharkOutputFormat, ReadsUdpOverIpv6) {
  const Frame& frame = decode({{"frame.protocols", {"eth:ethertype:ipv6:udp:dns"}},
                               {"ipv6.src", {"2001:db8::1"}},
                               {"ipv6.dst", {"2001:db8::2"}},
                               {"udp.stream", {"0"}},
                               {"udp.srcport", {"5353"}},
                               {"udp.dstport", {"5353"}}});
  ASSERT_EQ(frame.packets.size(), 1U);
  const Packet& packet = frame.packets[0];
  EXPECT_EQ(packet.key, (StreamKey{Transport::udp, 0}));
  EXPECT_EQ(packet.tcp_flags, 0);
  EXPECT_EQ(packet.source, (Endpoint{parse_address("2001:db8::1").value(), 5353}));
  EXPECT_EQ(packet.destination, (Endpoint{parse_address("2001:db8::2").value(), 5353}));
}

TEST_F(TsharkOutputFormat, NumbersFrames) {
  EXPECT_EQ(decode(syn).number, 1U);
  EXPECT_EQ(decode({}).number, 2U);
  EXPECT_EQ(decode(syn).packets[0].frame_number, 3U);
  EXPECT_EQ(decoder_.frames(), 3U);
}

TEST_F(TsharkOutputFormat, AFrameWithoutATransportHoldsNoPacket) {
  const Frame& frame = decode({{"frame.time_epoch", {"5.000000000"}},
                               {"frame.len", {"42"}},
                               {"frame.protocols", {"eth:ethertype:arp"}}});
  EXPECT_TRUE(frame.packets.empty());
  EXPECT_EQ(frame.time_ns, 5 * second);
  EXPECT_EQ(frame.bytes, 42U);
}

TEST_F(TsharkOutputFormat, CountsATunnelForEachHeader) {
  const Frame& frame = decode({{"frame.len", {"150"}},
                               {"frame.protocols", {"eth:ethertype:ip:udp:vxlan:eth:ethertype:ip:tcp"}},
                               {"ip.src", {"10.0.0.1", "172.16.0.1"}},
                               {"ip.dst", {"10.0.0.2", "172.16.0.2"}},
                               {"tcp.stream", {"0"}},
                               {"tcp.srcport", {"1234"}},
                               {"tcp.dstport", {"80"}},
                               {"tcp.flags", {"0x0010"}},
                               {"udp.stream", {"1"}},
                               {"udp.srcport", {"50000"}},
                               {"udp.dstport", {"4789"}}});
  ASSERT_EQ(frame.packets.size(), 2U);
  EXPECT_EQ(frame.packets[0].key, (StreamKey{Transport::udp, 1}));
  EXPECT_EQ(frame.packets[0].source, (Endpoint{parse_address("10.0.0.1").value(), 50000}));
  EXPECT_EQ(frame.packets[0].order_in_frame, 0);
  EXPECT_EQ(frame.packets[1].key, (StreamKey{Transport::tcp, 0}));
  EXPECT_EQ(frame.packets[1].source, (Endpoint{parse_address("172.16.0.1").value(), 1234}));
  EXPECT_EQ(frame.packets[1].destination, (Endpoint{parse_address("172.16.0.2").value(), 80}));
  EXPECT_EQ(frame.packets[1].tcp_flags, tcp_flag::ack);
  EXPECT_EQ(frame.packets[1].order_in_frame, 1);
  EXPECT_EQ(frame.packets[1].frame_bytes, 150U);
}

TEST_F(TsharkOutputFormat, TheKthTransportHasTheKthValues) {
  const Frame& frame = decode({{"frame.protocols", {"eth:ethertype:ip:udp:gtp:ip:udp:dns"}},
                               {"ip.src", {"10.0.0.1", "172.16.0.1"}},
                               {"ip.dst", {"10.0.0.2", "172.16.0.2"}},
                               {"udp.stream", {"1", "0"}},
                               {"udp.srcport", {"2152", "4000"}},
                               {"udp.dstport", {"2152", "53"}}});
  ASSERT_EQ(frame.packets.size(), 2U);
  EXPECT_EQ(frame.packets[0].key.stream, 1U);
  EXPECT_EQ(frame.packets[0].source.port, 2152);
  EXPECT_EQ(frame.packets[0].occurrence, 0);
  EXPECT_EQ(frame.packets[1].key.stream, 0U);
  EXPECT_EQ(frame.packets[1].source.port, 4000);
  EXPECT_EQ(frame.packets[1].destination.port, 53);
  EXPECT_EQ(frame.packets[1].occurrence, 1);
}

TEST_F(TsharkOutputFormat, CountsAStreamTwiceIfTheFrameHasTwoPacketsOfIt) {
  const Frame& frame = decode({{"frame.protocols", {"eth:ip:tcp:x:ip:tcp:x:ip:tcp"}},
                               {"ip.src", {"10.0.0.1", "10.0.0.2", "10.0.0.3"}},
                               {"ip.dst", {"10.0.0.4", "10.0.0.5", "10.0.0.6"}},
                               {"tcp.stream", {"4", "4", "5"}},
                               {"tcp.srcport", {"1", "2", "3"}},
                               {"tcp.dstport", {"1", "2", "3"}},
                               {"tcp.flags", {"0x0001", "0x0002", "0x0004"}}});
  ASSERT_EQ(frame.packets.size(), 3U);
  EXPECT_EQ(frame.packets[0].key.stream, 4U);
  EXPECT_EQ(frame.packets[0].source, (Endpoint{parse_address("10.0.0.1").value(), 1}));
  EXPECT_EQ(frame.packets[0].tcp_flags, tcp_flag::fin);
  EXPECT_EQ(frame.packets[1].key.stream, 4U);
  EXPECT_EQ(frame.packets[1].tcp_flags, tcp_flag::syn);
  EXPECT_EQ(frame.packets[2].key.stream, 5U);
  EXPECT_EQ(frame.packets[2].order_in_frame, 2);
  EXPECT_EQ(frame.packets[2].occurrence, 2);
}

TEST_F(TsharkOutputFormat, SampledHeadersTakeStreamNumbersAndAreNoPackets) {
  const Frame& frame = decode({{"frame.protocols", {"eth:ip:udp:sflow:eth:ip:udp:data:eth:ip:tcp"}},
                               {"ip.src", {"10.0.0.1", "10.0.0.2", "10.0.0.3"}},
                               {"ip.dst", {"10.0.0.4", "10.0.0.5", "10.0.0.6"}},
                               {"udp.stream", {"0", "1"}},
                               {"udp.srcport", {"1", "2"}},
                               {"udp.dstport", {"3", "4"}},
                               {"tcp.stream", {"0"}},
                               {"tcp.srcport", {"5"}},
                               {"tcp.dstport", {"6"}},
                               {"tcp.flags", {"0x0010"}}});
  ASSERT_EQ(frame.packets.size(), 1U);
  EXPECT_EQ(frame.packets[0].source.port, 1);
  EXPECT_TRUE(frame.quoted.empty());
  ASSERT_EQ(frame.uncounted.size(), 2U);
  EXPECT_EQ(frame.uncounted[0].key, (StreamKey{Transport::udp, 1}));
  EXPECT_EQ(frame.uncounted[1].key, (StreamKey{Transport::tcp, 0}));
  EXPECT_EQ(frame.uncounted[1].source, (Endpoint{parse_address("10.0.0.3").value(), 5}));
}

TEST_F(TsharkOutputFormat, TheSameNumberOfTcpAndUdpIsTwoStreams) {
  EXPECT_EQ(decode({{"frame.protocols", {"ip:udp:x:ip:tcp"}},
                    {"tcp.stream", {"0"}},
                    {"tcp.flags", {"0x0010"}},
                    {"udp.stream", {"0"}}})
                .packets.size(),
            2U);
}

TEST_F(TsharkOutputFormat, UdpLiteCountsAsUdp) {
  const Frame& frame = decode({{"frame.protocols", {"eth:ethertype:ip:udplite:data"}},
                               {"udp.stream", {"7"}},
                               {"udp.srcport", {"1"}},
                               {"udp.dstport", {"2"}}});
  ASSERT_EQ(frame.packets.size(), 1U);
  EXPECT_EQ(frame.packets[0].key, (StreamKey{Transport::udp, 7}));
}

TEST_F(TsharkOutputFormat, DoesNotCountWhatAnIcmpErrorQuotes) {
  EXPECT_TRUE(decode({{"frame.protocols", {"eth:ethertype:ip:icmp:ip:udp:data"}},
                      {"ip.src", {"192.0.2.1", "10.0.0.1"}},
                      {"ip.dst", {"10.0.0.1", "192.0.2.1"}},
                      {"udp.stream", {"0"}},
                      {"udp.srcport", {"33333"}},
                      {"udp.dstport", {"53"}}})
                  .packets.empty());
}

/// An outer TCP stream and the one that it tunnels.
const FrameText tunnel = {{"frame.time_epoch", {"1"}},
                          {"frame.len", {"200"}},
                          {"frame.protocols", {"eth:ethertype:ip:tcp:ip:tcp"}},
                          {"ip.src", {"10.0.0.1", "10.1.0.1"}},
                          {"ip.dst", {"10.0.0.2", "10.1.0.2"}},
                          {"ip.len", {"186", "146"}},
                          {"tcp.stream", {"0", "1"}},
                          {"tcp.srcport", {"1", "3"}},
                          {"tcp.dstport", {"2", "4"}},
                          {"tcp.flags", {"0x0010", "0x0018"}},
                          {"tcp.hdr_len", {"20", "32"}},
                          {"tcp.len", {"146", "94"}}};

FieldSet fields_with_sizes() {
  FieldSet fields;
  PacketDecoder::add_fields(fields);
  for (const char* name : {"ip.len", "ipv6.plen", "tcp.hdr_len", "tcp.len", "udp.length"}) {
    fields.add(name);
  }
  return fields;
}

TEST(DecoderSizes, AreThoseOfThePacketsOwnHeaders) {
  const FieldSet fields = fields_with_sizes();
  PacketDecoder decoder(fields);
  const Record record = test::record_of(fields, tunnel);
  const Frame& frame = decoder.decode(record);
  EXPECT_EQ(frame.ip_layers, 2);
  ASSERT_EQ(frame.packets.size(), 2U);
  const Packet &outer = frame.packets[0], &inner = frame.packets[1];
  EXPECT_EQ(outer.facts.ip_bytes, 186U);
  EXPECT_EQ(outer.facts.header_bytes, 20);
  EXPECT_EQ(outer.facts.payload_bytes, 146U);
  EXPECT_EQ(inner.facts.ip_bytes, 146U);
  EXPECT_EQ(inner.facts.header_bytes, 32);
  EXPECT_EQ(inner.facts.payload_bytes, 94U);
  EXPECT_EQ(frame.every.size(), 2U);
  EXPECT_EQ(outer.frame, &frame);
}

TEST(DecoderSizes, OfUdpOverIpv6LeaveTheHeadersOut) {
  const FieldSet fields = fields_with_sizes();
  PacketDecoder decoder(fields);
  const Record record = test::record_of(fields, {{"frame.protocols", {"eth:ethertype:ipv6:udp"}},
                                                 {"ipv6.plen", {"20"}},
                                                 {"udp.stream", {"0"}},
                                                 {"udp.length", {"20"}}});
  const Frame& frame = decoder.decode(record);
  ASSERT_EQ(frame.packets.size(), 1U);
  EXPECT_EQ(frame.packets[0].facts.ip_bytes, 60U);
  EXPECT_EQ(frame.packets[0].facts.header_bytes, 8);
  EXPECT_EQ(frame.packets[0].facts.payload_bytes, 12U);
}

TEST(DecoderTunnels, KeepsTheTransportThatThePolicyNames) {
  const FieldSet fields = fields_with_sizes();
  const Record record = test::record_of(fields, tunnel);
  PacketDecoder inner(fields, TunnelPolicy::inner), outer(fields, TunnelPolicy::outer);
  ASSERT_EQ(inner.decode(record).packets.size(), 1U);
  EXPECT_EQ(inner.decode(record).packets[0].key.stream, 1U);
  EXPECT_EQ(inner.decode(record).packets[0].order_in_frame, 0);
  ASSERT_EQ(outer.decode(record).packets.size(), 1U);
  EXPECT_EQ(outer.decode(record).packets[0].key.stream, 0U);
}

/// Two packets side by side in a tunnel, and one beside the tunnel.
const FrameText neighbours = {
    {"frame.protocols",
     {"wlan:llc:ip:udp:vxlan:eth:ip:udp:data:llc:ip:udp:capwap.data:wlan:llc:ip:udp:data"}},
    {"udp.stream", {"0", "1", "2", "3"}}};

TEST(DecoderTunnels, NeighboursAreAllInnermostOrOutermost) {
  const auto streams = [](TunnelPolicy policy) {
    const FieldSet fields = fields_with_sizes();
    PacketDecoder decoder(fields, policy);
    const Record record = test::record_of(fields, neighbours);
    std::string text;
    unsigned order = 0;
    for (const Packet& packet : decoder.decode(record).packets) {
      EXPECT_EQ(packet.order_in_frame, order++);
      text += std::to_string(packet.key.stream);
    }
    return text;
  };
  EXPECT_EQ(streams(TunnelPolicy::all), "0123");
  EXPECT_EQ(streams(TunnelPolicy::inner), "13");
  EXPECT_EQ(streams(TunnelPolicy::outer), "02");
}

/// Numbers from 100 on, in the order in which they are asked for.
class Renumbered final : public StreamNumbers {
 public:
  std::uint64_t translate(const Packet& header, bool quoted) override {
    asked += std::to_string(header.key.stream) + (quoted ? "q " : " ");
    return 100 + next_++;
  }
  std::string asked;

 private:
  std::uint64_t next_ = 0;
};

TEST(DecoderStreams, EveryHeaderWithANumberIsTranslated) {
  const FieldSet fields = fields_with_sizes();
  PacketDecoder decoder(fields);
  Renumbered numbers;
  decoder.translate_streams(numbers);
  const Record record = test::record_of(
      fields,
      {{"frame.protocols", {"eth:ethertype:ip:udp:vxlan:ip:icmp:ip:udp"}}, {"udp.stream", {"7", "5"}}});
  const Frame& frame = decoder.decode(record);
  ASSERT_EQ(frame.packets.size(), 1U);
  EXPECT_EQ(frame.packets[0].key.stream, 100U);
  ASSERT_EQ(frame.quoted.size(), 1U);
  EXPECT_EQ(frame.quoted[0].key, (StreamKey{Transport::udp, 101}));
  EXPECT_EQ(numbers.asked, "7 5q ");
}

TEST_F(TsharkOutputFormat, DoesNotCountAHeaderThatIsCutBeforeItsFlags) {
  EXPECT_TRUE(decode(with(syn, "tcp.flags", {})).packets.empty());
}

TEST_F(TsharkOutputFormat, DoesNotCountAHeaderWithoutAStream) {
  EXPECT_TRUE(decode(with(with(syn, "tcp.stream", {}), "tcp.flags", {})).packets.empty());
  EXPECT_TRUE(decode({{"frame.protocols", {"eth:ip:udp"}}, {"udp.srcport", {"1"}}}).packets.empty());
}

TEST_F(TsharkOutputFormat, AFragmentCountsInTheFrameThatShowsItsTransport) {
  EXPECT_TRUE(
      decode({{"frame.len", {"1514"}}, {"frame.protocols", {"eth:ethertype:ip:data"}}}).packets.empty());
  const Frame& last = decode(
      {{"frame.len", {"562"}}, {"frame.protocols", {"eth:ethertype:ip:udp:data"}}, {"udp.stream", {"0"}}});
  ASSERT_EQ(last.packets.size(), 1U);
  EXPECT_EQ(last.packets[0].frame_bytes, 562U);
}

TEST_F(TsharkOutputFormat, TakesAnUnnamedNetworkLayerForTheFamilyOfTheAddresses) {
  const FrameText v4 = {{"frame.protocols", {"eth:ethertype:mpls:udp"}},
                        {"ip.src", {"10.0.0.1"}},
                        {"ip.dst", {"10.0.0.2"}},
                        {"udp.stream", {"0"}}};
  const FrameText v6 = {{"frame.protocols", {"eth:ethertype:mpls:udp"}},
                        {"ipv6.src", {"2001:db8::1"}},
                        {"ipv6.dst", {"2001:db8::2"}},
                        {"udp.stream", {"1"}}};
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(to_string(decode(v4).packets[0].source.address), "10.0.0.1");
    EXPECT_EQ(to_string(decode(v6).packets[0].source.address), "2001:db8::1");
  }
}

TEST_F(TsharkOutputFormat, ReadsAllSpellingsOfFlags) {
  for (const char* flags : {"0x00000018", "0x0018", "0x018", "24"}) {
    const FrameText frame = with(syn, "tcp.flags", {flags});
    ASSERT_EQ(decode(frame).packets.size(), 1U);
    EXPECT_EQ(decoder_.decode(record_).packets[0].tcp_flags, tcp_flag::psh | tcp_flag::ack) << flags;
  }
}

TEST_F(TsharkOutputFormat, ReadsIsoTimes) {
  EXPECT_EQ(decode(with(syn, "frame.time_epoch", {"2023-11-14T22:13:20.123456000Z"})).time_ns,
            1'700'000'000'123'456'000);
}

TEST_F(TsharkOutputFormat, TimeMayGoBackwards) {
  EXPECT_EQ(decode(with(syn, "frame.time_epoch", {"100.0"})).time_ns, 100 * second);
  EXPECT_EQ(decode(with(syn, "frame.time_epoch", {"-0.5"})).time_ns, -second / 2);
}

TEST_F(TsharkOutputFormat, AFrameWithoutATimeHasThatOfTheFrameBefore) {
  EXPECT_EQ(decode(with(syn, "frame.time_epoch", {})).time_ns, 0);
  (void)decode(with(syn, "frame.time_epoch", {"7.0"}));
  const Frame& frame = decode(with(syn, "frame.time_epoch", {}));
  EXPECT_EQ(frame.time_ns, 7 * second);
  EXPECT_EQ(frame.packets[0].time_ns, 7 * second);
  EXPECT_EQ(decoder_.timeless_frames(), 2U);
}

TEST_F(TsharkOutputFormat, ATimeThatNanosecondsDoNotHoldIsAsGoodAsNone) {
  (void)decode(with(syn, "frame.time_epoch", {"7.0"}));
  for (const char* text : {"9223372037.000000000", "-9223372038.000000000", "2263-01-01T00:00:00Z"}) {
    const Frame& frame = decode(with(syn, "frame.time_epoch", {text}));
    EXPECT_EQ(frame.time_ns, 7 * second);
    EXPECT_FALSE(frame.timed);
  }
  EXPECT_EQ(decoder_.timeless_frames(), 3U);
  EXPECT_TRUE(decode(syn).timed);
}

TEST_F(TsharkOutputFormat, CutLayersDoIfNoPacketIsAmongThem) {
  record_ = test::record_of(fields_, syn);
  record_.mark_cut(fields_.find("frame.protocols"));
  EXPECT_EQ(decoder_.decode(record_).packets.size(), 1U);
  for (const char* field : {"tcp.stream", "ip.src", "udp.stream"}) {
    FrameText text = with(with(syn, "tcp.stream", {"3"}), "ip.src", {"10.0.0.1"});
    text.emplace_back("udp.stream", std::vector<std::string_view>{});
    for (auto& [name, values] : text) {
      if (name == field) values.emplace_back("4");
    }
    record_ = test::record_of(fields_, text);
    record_.mark_cut(fields_.find("frame.protocols"));
    EXPECT_THROW((void)decoder_.decode(record_), CutValue) << field;
  }
}

TEST_F(TsharkOutputFormat, AMissingPortIsZero) {
  const Frame& frame = decode(with(with(syn, "tcp.srcport", {}), "tcp.dstport", {}));
  EXPECT_EQ(frame.packets[0].source.port, 0);
  EXPECT_EQ(frame.packets[0].destination.port, 0);
}

TEST_F(TsharkOutputFormat, AMissingAddressIsNone) {
  const Frame& frame = decode(with(with(syn, "ip.src", {}), "ip.dst", {}));
  EXPECT_EQ(frame.packets[0].source.address, IpAddress{});
  EXPECT_EQ(frame.packets[0].destination.address, IpAddress{});
}

TEST_F(TsharkOutputFormat, NamesTheFieldThatIsNoNumberTimeOrAddress) {
  EXPECT_EQ(refusal(with(syn, "frame.time_epoch", {"yesterday"})),
            "frame.time_epoch has the value \"yesterday\"");
  EXPECT_EQ(refusal(with(syn, "frame.len", {"-1"})), "frame.len has the value \"-1\"");
  EXPECT_EQ(refusal(with(syn, "tcp.stream", {"x"})), "tcp.stream has the value \"x\"");
  EXPECT_EQ(refusal(with(syn, "tcp.flags", {""})), "tcp.flags has the value \"\"");
  EXPECT_EQ(refusal(with(syn, "tcp.srcport", {"http"})), "tcp.srcport has the value \"http\"");
  EXPECT_EQ(refusal(with(syn, "ip.dst", {"localhost"})), "ip.dst has the value \"localhost\"");
}

TEST_F(TsharkOutputFormat, RefusesNumbersThatAreTooLarge) {
  EXPECT_EQ(decode(with(syn, "frame.len", {"4294967295"})).bytes, 4294967295U);
  EXPECT_EQ(refusal(with(syn, "frame.len", {"4294967296"})), "frame.len has the value \"4294967296\"");
  EXPECT_EQ(refusal(with(syn, "tcp.srcport", {"65536"})), "tcp.srcport has the value \"65536\"");
  EXPECT_EQ(refusal(with(syn, "tcp.stream", {"4294967296"})), "tcp.stream has the value \"4294967296\"");
  EXPECT_EQ(refusal(with(syn, "tcp.flags", {"0x10000"})), "tcp.flags has the value \"0x10000\"");
}

TEST_F(TsharkOutputFormat, ShowsOnlyTheStartOfALongValue) {
  const std::string message =
      refusal(with(syn, "ip.src", {"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxyyyyyyyyyyyyyyyyyyyyyy"}));
  EXPECT_EQ(message, "ip.src has the value \"" + std::string(40, 'x') + "\"");
}

TEST_F(TsharkOutputFormat, ToldToExpectFieldsSaysWhichAreLacking) {
  EXPECT_EQ(decoder_.due_fields(), nullptr);
  (void)decoder_.expect_fields();
  (void)decode(with(syn, "tcp.stream", {}));
  EXPECT_EQ(decoder_.due_fields()->lacking().names, (std::vector<std::string>{"tcp.stream"}));
}

TEST_F(TsharkOutputFormat, ToldToExpectFieldsRefusesFramesWhoseValuesWereThrownAway) {
  const FrameText gtp = {{"frame.protocols", {"eth:ethertype:ip:udp:gtp:ip:udp:dns"}},
                         {"ip.src", {"10.0.0.1", "172.16.0.1"}},
                         {"ip.dst", {"10.0.0.2", "172.16.0.2"}},
                         {"udp.stream", {"0"}},
                         {"udp.srcport", {"4000"}},
                         {"udp.dstport", {"53"}}};
  EXPECT_EQ(decode(gtp).packets.size(), 1U);
  (void)decoder_.expect_fields();
  EXPECT_TRUE(refusal(gtp).starts_with("frame 2: 1 of 2 udp headers came without values"));
}

TEST_F(TsharkOutputFormat, SeesThatAValueIsSeveral) {
  const std::string several = ", which is several (leave tshark's -E aggregator out)";
  for (const char* value : {"3;4", "3 4", "3|4", "3;4;5"}) {
    EXPECT_EQ(refusal(with(syn, "tcp.stream", {value})),
              "tcp.stream has the value \"" + std::string(value) + "\"" + several);
  }
  EXPECT_EQ(refusal(with(syn, "ip.src", {"10.0.0.1 10.0.0.2"})),
            "ip.src has the value \"10.0.0.1 10.0.0.2\"" + several);
  EXPECT_EQ(refusal(with(syn, "ip.src", {"10.0.0.1 x"})), "ip.src has the value \"10.0.0.1 x\"");
  EXPECT_EQ(refusal(with(syn, "ip.src", {"10.0.0.1;"})), "ip.src has the value \"10.0.0.1;\"");
}

/// A decoder of all transports, and what it makes of frames.
class Reach : public testing::Test {
 protected:
  static TransportSet all() {
    TransportSet transports{};
    for (const Transport transport : all_transports) transports.add(transport);
    return transports;
  }
  static FieldSet all_fields() {
    FieldSet fields;
    PacketDecoder::add_fields(fields, all());
    return fields;
  }

  const Frame& decode(std::string_view protocols, FrameText more) {
    more.insert(more.end(),
                {{"frame.time_epoch", {"1"}}, {"frame.len", {"60"}}, {"frame.protocols", {protocols}}});
    record_ = test::record_of(fields_, more);
    return decoder_.decode(record_);
  }
  const Frame& echo(std::string_view source, std::string_view destination, std::string_view type,
                    std::string_view identifier) {
    return decode("eth:ip:icmp:data", {{"ip.src", {source}},
                                       {"ip.dst", {destination}},
                                       {"icmp.type", {type}},
                                       {"icmp.ident", {identifier}}});
  }

  const FieldSet fields_ = all_fields();
  PacketDecoder decoder_{fields_, TunnelPolicy::all, all()};
  Record record_{fields_.size()};
};

TEST_F(Reach, SctpAndDccpByTsharksNumbers) {
  const Frame& sctp = decode("eth:ip:sctp", {{"ip.src", {"10.0.0.1"}},
                                             {"ip.dst", {"10.0.0.2"}},
                                             {"sctp.assoc_index", {"7"}},
                                             {"sctp.srcport", {"40000"}},
                                             {"sctp.dstport", {"3868"}}});
  ASSERT_EQ(sctp.packets.size(), 1U);
  EXPECT_EQ(sctp.packets[0].key, (StreamKey{Transport::sctp, 7}));
  EXPECT_EQ(sctp.packets[0].source, (Endpoint{parse_address("10.0.0.1").value(), 40000}));
  const Frame& dccp =
      decode("eth:dccp", {{"dccp.stream", {"2"}}, {"dccp.srcport", {"1"}}, {"dccp.dstport", {"2"}}});
  ASSERT_EQ(dccp.packets.size(), 1U);
  EXPECT_EQ(dccp.packets[0].key, (StreamKey{Transport::dccp, 2}));
}

TEST_F(Reach, AnSctpHeaderWithoutANumberIsNoPacket) {
  const Frame& frame = decode("eth:sctp", {{"sctp.srcport", {"1"}}, {"sctp.dstport", {"2"}}});
  EXPECT_TRUE(frame.packets.empty());
  EXPECT_TRUE(frame.cut);
}

TEST_F(Reach, TheIndexOfNoAssociationIsNoNumber) {
  const FrameText unnumbered = {
      {"sctp.assoc_index", {"65535"}}, {"sctp.srcport", {"1"}}, {"sctp.dstport", {"2"}}};
  EXPECT_TRUE(decode("eth:sctp", unnumbered).packets.empty());
}

TEST_F(Reach, AnEchoAndItsReplyAreOneConversation) {
  const Packet request = echo("10.0.0.1", "10.0.0.2", "8", "77").packets.front();
  const Packet reply = echo("10.0.0.2", "10.0.0.1", "0", "77").packets.front();
  EXPECT_EQ(request.key, (StreamKey{Transport::icmp, 0}));
  EXPECT_EQ(reply.key, request.key);
  EXPECT_EQ(request.source, (Endpoint{parse_address("10.0.0.1").value(), 77}));
  EXPECT_EQ(request.destination, (Endpoint{parse_address("10.0.0.2").value(), 0}));
  EXPECT_EQ(reply.source, request.destination);
  EXPECT_EQ(reply.destination, request.source);
}

TEST_F(Reach, RequesterResponderAndIdentifierTellEchoesApart) {
  const auto stream = [this](const char* source, const char* destination, const char* identifier) {
    return echo(source, destination, "8", identifier).packets.front().key.stream;
  };
  EXPECT_EQ(stream("10.0.0.1", "10.0.0.2", "77"), 0U);
  EXPECT_EQ(stream("10.0.0.1", "10.0.0.2", "78"), 1U);
  EXPECT_EQ(stream("10.0.0.2", "10.0.0.1", "77"), 2U);
  EXPECT_EQ(stream("10.0.0.1", "10.0.0.3", "77"), 3U);
  EXPECT_EQ(stream("10.0.0.1", "10.0.0.2", "77"), 0U);
}

TEST_F(Reach, EchoesOfAnotherSegmentAreOthers) {
  const auto stream = [this] { return echo("10.0.0.1", "10.0.0.2", "8", "77").packets.front().key.stream; };
  EXPECT_EQ(stream(), 0U);
  decoder_.begin_segment();
  EXPECT_EQ(stream(), 1U);
  EXPECT_EQ(stream(), 1U);
}

TEST_F(Reach, OtherIcmpMessagesAreNoPackets) {
  for (const char* type : {"3", "9", "11", "13", "42"}) {
    const Frame& frame = echo("10.0.0.1", "10.0.0.2", type, "77");
    EXPECT_TRUE(frame.packets.empty()) << type;
    EXPECT_FALSE(frame.cut) << type;
  }
}

TEST_F(Reach, AnErrorThatQuotesAnEchoIsAboutItsConversation) {
  const StreamKey key = echo("10.0.0.1", "10.0.0.2", "8", "77").packets.front().key;
  const Frame& error = decode("eth:ip:icmp:ip:icmp", {{"ip.src", {"10.0.0.9", "10.0.0.1"}},
                                                      {"ip.dst", {"10.0.0.1", "10.0.0.2"}},
                                                      {"icmp.type", {"11", "8"}},
                                                      {"icmp.ident", {"77"}}});
  EXPECT_TRUE(error.packets.empty());
  ASSERT_EQ(error.quoted.size(), 1U);
  EXPECT_EQ(error.quoted[0].key, key);
}

TEST_F(Reach, Icmpv6HasTypesAndNumbersOfItsOwn) {
  (void)echo("10.0.0.1", "10.0.0.2", "8", "1");
  const Frame& frame = decode("eth:ipv6:icmpv6", {{"ipv6.src", {"2001:db8::2"}},
                                                  {"ipv6.dst", {"2001:db8::1"}},
                                                  {"icmpv6.type", {"129"}},
                                                  {"icmpv6.echo.identifier", {"0x0007"}}});
  ASSERT_EQ(frame.packets.size(), 1U);
  EXPECT_EQ(frame.packets[0].key, (StreamKey{Transport::icmpv6, 0}));
  EXPECT_EQ(frame.packets[0].destination, (Endpoint{parse_address("2001:db8::1").value(), 7}));
}

TEST_F(TsharkOutputFormat, OtherTransportsAreNoPacketsUnlessAskedFor) {
  const Frame& frame =
      decode({{"frame.protocols", {"eth:ip:sctp"}}, {"ip.src", {"1.1.1.1"}}, {"ip.dst", {"1.1.1.1"}}});
  EXPECT_TRUE(frame.packets.empty());
  EXPECT_FALSE(frame.cut);
}

TEST_F(TsharkOutputFormat, AFrameOfManyTransportsIsBounded) {
  const FieldSet fields = all_fields();
  std::string protocols = "eth:ip";
  std::vector<std::string> streams;
  for (int i = 0; i < 1000; ++i) {
    protocols += ":udp";
    streams.push_back(std::to_string(i));
  }
  Record record(fields.size());
  record.add(fields.find("frame.protocols"), protocols);
  for (const std::string& stream : streams) record.add(fields.find("udp.stream"), stream);
  record.seal(false);
  PacketDecoder decoder(fields);
  const Frame& frame = decoder.decode(record);
  EXPECT_EQ(frame.packets.size(), 64U);
  EXPECT_GT(decoder.headers_left_out(), 0U);
}

}  // namespace
}  // namespace flowmeter
