#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/error.h"
#include "packet/decoder.h"
#include "support.h"

namespace flowmeter {
namespace {

using test::FrameText;
using test::message_of;

/// Frames decoded with the fields that the packets are asked for.
class Fields : public ::testing::Test {
 protected:
  Fields() { PacketDecoder::add_fields(fields_); }

  PacketField field(const char* name) { return PacketField(fields_, name); }

  const Frame& decode(const FrameText& text, TunnelPolicy tunnel = TunnelPolicy::all) {
    for (const auto& [name, values] : text) fields_.add(name);
    record_ = test::record_of(fields_, text);
    decoder_ = std::make_unique<PacketDecoder>(fields_, tunnel);
    return decoder_->decode(record_);
  }

  /// The field's values of the frame's packets: "a,b|c".
  static std::string by_packet(const PacketField& field, const Frame& frame) {
    std::string text;
    for (const Packet& packet : frame.packets) {
      if (&packet != frame.packets.data()) text += '|';
      bool first = true;
      for (const std::string_view value : field.values(packet)) {
        if (!first) text += ',';
        text += value;
        first = false;
      }
    }
    return text;
  }

  FieldSet fields_;
  Record record_{0};
  std::unique_ptr<PacketDecoder> decoder_;
};

/// VXLAN: UDP around Ethernet around TCP.
const FrameText vxlan = {{"frame.protocols", {"eth:ethertype:ip:udp:vxlan:eth:ethertype:vlan:ip:tcp:http"}},
                         {"frame.number", {"7"}},
                         {"ip.src", {"10.0.0.1", "10.1.0.1"}},
                         {"ip.dst", {"10.0.0.2", "10.1.0.2"}},
                         {"ip.ttl", {"64", "128"}},
                         {"eth.src", {"02:00:00:00:00:01", "02:00:00:00:00:02"}},
                         {"vlan.id", {"5"}},
                         {"http.host", {"a.example"}},
                         {"tcp.stream", {"0"}},
                         {"tcp.flags", {"0x0018"}},
                         {"tcp.window_size", {"501"}},
                         {"udp.stream", {"0"}},
                         {"udp.length", {"108"}}};

TEST_F(Fields, OfHeadersAreThePacketsOwn) {
  const PacketField ttl = field("ip.ttl"), window = field("tcp.window_size");
  const PacketField length = field("udp.length"), source = field("eth.src");
  const Frame& frame = decode(vxlan);
  EXPECT_EQ(by_packet(ttl, frame), "64|128");
  EXPECT_EQ(by_packet(length, frame), "108|");
  EXPECT_EQ(by_packet(window, frame), "|501");
  EXPECT_EQ(by_packet(source, frame), "02:00:00:00:00:01|02:00:00:00:00:02");
}

TEST_F(Fields, OfALayerThatAPacketHasNotBeforeItAreNotItsOwn) {
  const PacketField tag = field("vlan.id"), hops = field("ipv6.hlim");
  const Frame& frame = decode(vxlan);
  EXPECT_EQ(by_packet(tag, frame), "|5");
  EXPECT_EQ(by_packet(hops, frame), "|");
}

TEST_F(Fields, OfWhatIsCarriedAreTheLastPackets) {
  const PacketField host = field("http.host");
  EXPECT_EQ(by_packet(host, decode(vxlan)), "|a.example");
  EXPECT_EQ(by_packet(host, decode(vxlan, TunnelPolicy::outer)), "");
  EXPECT_EQ(by_packet(host, decode(vxlan, TunnelPolicy::inner)), "a.example");
}

TEST_F(Fields, OfTheFrameAreEveryPackets) {
  const PacketField number = field("frame.number");
  EXPECT_EQ(by_packet(number, decode(vxlan)), "7|7");
}

TEST_F(Fields, ThatNotEveryHeaderHasGoToTheLast) {
  const PacketField retransmission = field("tcp.analysis.retransmission");
  const Frame& frame = decode({{"frame.protocols", {"eth:ethertype:ip:tcp:ip:tcp"}},
                               {"tcp.stream", {"0", "1"}},
                               {"tcp.flags", {"0x0010", "0x0010"}},
                               {"tcp.analysis.retransmission", {"1"}}});
  EXPECT_EQ(by_packet(retransmission, frame), "|1");
}

TEST_F(Fields, OfOneHeaderMayBeMany) {
  const PacketField option = field("tcp.option_kind");
  const Frame& frame = decode({{"frame.protocols", {"eth:ethertype:ip:tcp"}},
                               {"tcp.stream", {"0"}},
                               {"tcp.flags", {"0x0002"}},
                               {"tcp.option_kind", {"2", "4", "8"}}});
  EXPECT_EQ(by_packet(option, frame), "2,4,8");
}

TEST_F(Fields, ThatAreNotAskedForReadNothing) {
  const Frame& frame = decode(vxlan);
  const PacketField nothing = PacketField::find(fields_, "ip.proto");
  EXPECT_FALSE(nothing);
  EXPECT_FALSE(nothing.has(frame.packets[0]));
  EXPECT_EQ(nothing.number(frame.packets[0], 255), std::nullopt);
}

TEST_F(Fields, AreNumbersOrAreRefusedByName) {
  const PacketField ttl = field("ip.ttl"), host = field("http.host");
  const Frame& frame = decode(vxlan);
  EXPECT_EQ(ttl.number(frame.packets[1], 255), 128U);
  EXPECT_EQ(message_of<InputError>([&] { (void)ttl.number(frame.packets[1], 127); }),
            "ip.ttl has the value \"128\"");
  EXPECT_EQ(message_of<InputError>([&] { (void)host.number(frame.packets[1], 9); }),
            "http.host has the value \"a.example\"");
}

}  // namespace
}  // namespace flowmeter
