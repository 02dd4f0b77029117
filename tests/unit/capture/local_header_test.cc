#include <gtest/gtest.h>

#include "capture/frame_dispatcher.h"
#include "capture/local_header.h"
#include "capture_bytes.h"

namespace flowmeter::test {
namespace {

constexpr Order little = Order::little;

/// A TCP header of 20 bytes with sequence number 0x01020304, acknowledgement 0x05060708.
std::string tcp_header(std::uint16_t from, std::uint16_t to, std::uint16_t flags, unsigned words = 5) {
  const auto bits = static_cast<std::uint16_t>(words << 12U | flags);
  return int16(from, Order::big) + int16(to, Order::big) + "\1\2\3\4\5\6\7\x08" + int16(bits, Order::big) +
         std::string(6, '\0');
}

std::string udp_header(std::uint16_t from, std::uint16_t to) {
  return int16(from, Order::big) + int16(to, Order::big) + std::string("\0\x08\0\0", 4);
}

/// The header of the first frame in a capture.
LocalHeader first_header(const std::string& capture) {
  CaptureReader reader(CaptureOrigin::pipe);
  reader.put(capture);
  CaptureItem item;
  while (reader.next(item)) {
    if (item.kind != ItemKind::frame) continue;
    return local_header(item, routing_key(item.link_type, item.packet));
  }
  ADD_FAILURE() << "no frame";
  return {};
}

LocalHeader header_of(const std::string& packet) {
  return first_header(pcap_header(little) + pcap_record(little, packet, 7, 8, 1234));
}

LocalHeader header_of_ip(const std::string& packet, std::uint16_t type = 0x0800) {
  return header_of(ethernet(packet, type));
}

TEST(LocalHeader, HasWhatIsInTheRecord) {
  const LocalHeader header = header_of_ip(ipv4(6, 1, 2, tcp_header(40000, 80, 0x102)));
  EXPECT_TRUE(header.has_time);
  EXPECT_TRUE(header.time_is_sure);
  EXPECT_EQ(header.time_ns, 7'000'008'000);
  EXPECT_EQ(header.bytes, 1234U);
}

TEST(LocalHeader, HasTcp) {
  const LocalHeader header = header_of_ip(ipv4(6, 1, 2, tcp_header(40000, 80, 0x102)));
  EXPECT_EQ(header.protocol, 6);
  EXPECT_FALSE(header.quoted);
  EXPECT_EQ(to_string(header.source), "10.0.0.1");
  EXPECT_EQ(to_string(header.destination), "10.0.0.2");
  EXPECT_EQ(header.source_port, 40000);
  EXPECT_EQ(header.destination_port, 80);
  EXPECT_EQ(header.tcp_flags, 0x102);  // nine bits, and three that are reserved
  EXPECT_EQ(header.sequence, 0x01020304U);
  EXPECT_EQ(header.acknowledgement, 0x05060708U);
}

TEST(LocalHeader, HasUdpOverIpv6) {
  const LocalHeader header = header_of_ip(ipv6(17, 1, 2, udp_header(1000, 2000)), 0x86DD);
  EXPECT_EQ(header.protocol, 17);
  EXPECT_EQ(to_string(header.source), "2001:db8::1");
  EXPECT_EQ(to_string(header.destination), "2001:db8::2");
  EXPECT_EQ(header.source_port, 1000);
  EXPECT_EQ(header.tcp_flags, 0);
}

TEST(LocalHeader, HasWhatAnErrorQuotes) {
  const std::string quote = ipv4(17, 2, 1, udp_header(53, 999));
  const LocalHeader header = header_of_ip(ipv4(1, 9, 2, std::string("\3\3\0\0\0\0\0\0", 8) + quote));
  EXPECT_TRUE(header.quoted);
  EXPECT_EQ(header.protocol, 17);
  EXPECT_EQ(header.source_port, 53);
  EXPECT_EQ(to_string(header.source), "10.0.0.2");
}

TEST(LocalHeader, QuotesOfEightBytesOfTcpHaveNone) {
  const std::string quote = ipv4(6, 2, 1, tcp_header(80, 999, 2)).substr(0, 28);
  EXPECT_EQ(header_of_ip(ipv4(1, 9, 2, std::string("\3\3\0\0\0\0\0\0", 8) + quote)).protocol, 0);
}

TEST(LocalHeader, IsNotThereUnlessItLiesOpen) {
  const std::string tcp = tcp_header(40000, 80, 2);
  EXPECT_EQ(header_of(ethernet("arp", 0x806)).protocol, 0);
  EXPECT_EQ(header_of_ip(ipv4(1, 1, 2, std::string("\x08\0\0\0\0\0\0\0", 8))).protocol, 0);
  EXPECT_EQ(header_of_ip(ipv4(6, 1, 2, tcp, 0x2000)).protocol, 0);
  EXPECT_EQ(header_of_ip(ipv4(6, 1, 2, tcp, 0x0001)).protocol, 0);
  EXPECT_EQ(header_of_ip(ipv4(17, 1, 2, udp_header(1, 4789))).protocol, 0);
  EXPECT_EQ(header_of_ip(ipv4(136, 1, 2, udp_header(1, 2))).protocol, 0);
  EXPECT_EQ(header_of_ip(ipv4(6, 1, 2, tcp, 0, "\x83\x07\x04...")).protocol, 0);
}

TEST(LocalHeader, IsNotThereUnlessItIsWhole) {
  const std::string packet = ethernet(ipv4(6, 1, 2, tcp_header(40000, 80, 2)));
  EXPECT_EQ(header_of(packet.substr(0, 34 + 14)).protocol, 6);
  EXPECT_EQ(header_of(packet.substr(0, 34 + 13)).protocol, 0);
  EXPECT_EQ(header_of_ip(ipv4(6, 1, 2, tcp_header(40000, 80, 2, 4))).protocol, 0);
  EXPECT_EQ(header_of_ip(ipv4(17, 1, 2, udp_header(1, 2).substr(0, 7))).protocol, 0);
}

TEST(LocalHeader, LinkPaddingIsNoPartOfIt) {
  EXPECT_EQ(header_of_ip(ipv4(17, 1, 2, "\4\4\4\4\4") + "padding").protocol, 0);
  EXPECT_EQ(header_of_ip(ipv6(17, 1, 2, "\4\4\4\4\4") + "padding", 0x86DD).protocol, 0);
  std::string segmented_by_card = ipv4(17, 1, 2, udp_header(1, 2));
  segmented_by_card.replace(2, 2, 2, '\0');
  EXPECT_EQ(header_of_ip(segmented_by_card).protocol, 17);
}

TEST(LocalHeader, KnowsWhereATimeMayBeShownOtherwise) {
  const std::string packet = ethernet("an arp", 0x806);
  const LocalHeader long_fraction =
      first_header(pcap_header(little) + pcap_record(little, packet, 7, 1'000'000));
  EXPECT_FALSE(long_fraction.time_is_sure);
  const std::string start = section(little) + interface(little);
  EXPECT_TRUE(first_header(start + enhanced(little, packet)).time_is_sure);
  const LocalHeader timeless = first_header(start + simple(little, packet, 20));
  EXPECT_FALSE(timeless.has_time);
  EXPECT_TRUE(timeless.time_is_sure);
  const auto with_clock = [&](std::uint8_t resolution, std::uint64_t raw) {
    const std::string clock = option(little, 9, std::string(1, static_cast<char>(resolution)));
    return first_header(section(little) + interface(little, 1, 0, clock + std::string(4, '\0')) +
                        enhanced(little, packet, 0, raw));
  };
  const LocalHeader beyond = with_clock(0, UINT64_MAX / 2);
  EXPECT_FALSE(beyond.has_time);
  EXPECT_TRUE(beyond.time_is_sure);
  EXPECT_EQ(with_clock(7, 17).time_ns, 1700);
  EXPECT_TRUE(with_clock(10, 17).time_is_sure);
  EXPECT_FALSE(with_clock(11, 17).time_is_sure);  // tshark's arithmetic overflows
  EXPECT_TRUE(with_clock(0x80 + 34, 17).time_is_sure);
  EXPECT_FALSE(with_clock(0x80 + 35, 17).time_is_sure);
}

TEST(LocalHeader, HasTimesBefore1970) {
  const std::string offset = option(little, 14, std::string("\xfe\xff\xff\xff\xff\xff\xff\xff", 8));
  const LocalHeader header =
      first_header(section(little) + interface(little, 1, 0, offset + std::string(4, '\0')) +
                   enhanced(little, ethernet("an arp", 0x806), 0, 250'000));
  EXPECT_TRUE(header.time_is_sure);
  EXPECT_EQ(header.time_ns, -1'750'000'000);
}

TEST(LocalHeader, IsNoLongerThanTsharkSays) {
  const auto length = [](std::uint32_t on_wire) {
    return first_header(pcap_header(little) + pcap_record(little, ethernet("an arp", 0x806), 7, 8, on_wire))
        .bytes;
  };
  EXPECT_EQ(length(0x7fffffff), 0x7fffffffU);
  EXPECT_EQ(length(0x80000000), 0x7fffffffU);
  EXPECT_EQ(length(0xffffffff), 0x7fffffffU);
}

/// A dispatcher that keeps the headers of plain frames, for three workers.
class LocalHeaders : public testing::Test {
 protected:
  static constexpr unsigned workers = 3, fallback = 3, stateful = 4;

  void SetUp() override { dispatcher_.feed(section(little) + interface(little)); }

  unsigned slot_of(const std::string& packet) {
    dispatcher_.feed(enhanced(little, packet));
    return dispatcher_.log().pop_frame().slot;
  }

  FrameDispatcher dispatcher_{workers, CaptureOrigin::pipe, {.stateful_worker = true, .local_headers = true}};
};

TEST_F(LocalHeaders, PlainFramesGoToTheWorkers) {
  EXPECT_EQ(dispatcher_.slots(), workers + 2);
  const std::string plain = ethernet(ipv4(17, 1, 2, udp_header(1000, 2000)));
  EXPECT_EQ(slot_of(plain), worker_of(routing_key(1, plain), workers));
  EXPECT_EQ(slot_of(ethernet("arp", 0x806)), 0U);
  ASSERT_EQ(dispatcher_.local_headers().size(), 2U);
  EXPECT_EQ(dispatcher_.local_headers()[0].source_port, 1000);
  EXPECT_EQ(dispatcher_.local_headers()[1].protocol, 0);
  for (unsigned slot = 0; slot < dispatcher_.slots(); ++slot) {
    EXPECT_EQ(dispatcher_.has_local_headers(slot), slot < workers);
  }
}

TEST_F(LocalHeaders, OthersGoToTheFallbackWorker) {
  EXPECT_EQ(slot_of(ethernet(ipv4(17, 1, 2, udp_header(1, 4789)))), fallback);
  EXPECT_EQ(slot_of(ethernet(ipv4(47, 1, 2, "gre"))), fallback);
  EXPECT_EQ(slot_of(ethernet(ipv4(17, 1, 2, udp_header(1, 2), 0x2000))), fallback);
  EXPECT_EQ(slot_of(ethernet(ipv4(6, 1, 2, tcp_header(1, 2, 2) + "some text", 0x2000))), fallback);
  EXPECT_EQ(slot_of(ethernet(ipv4(6, 1, 2, "cut"))), fallback);
  EXPECT_EQ(slot_of(ethernet(ipv4(17, 1, 2, udp_header(1, 69)))), stateful);
  EXPECT_EQ(slot_of(ethernet(ipv4(17, 1, 2, udp_header(1, 2), 0x2000))), stateful);
  EXPECT_TRUE(dispatcher_.local_headers().empty());
}

TEST_F(LocalHeaders, TheStatefulWorkerGetsTheFragmentsThatWereSeen) {
  const std::string part = ethernet(ipv4(17, 1, 2, "the end", 0x0003));
  EXPECT_EQ(slot_of(part), fallback);
  EXPECT_EQ(slot_of(ethernet(ipv4(17, 1, 2, udp_header(1, 69)))), stateful);
  const Reading kept = read(dispatcher_.output(stateful), 0, CaptureOrigin::pipe);
  ASSERT_EQ(kept.packets.size(), 2U);
  EXPECT_EQ(kept.packets.front(), part);
}

}  // namespace
}  // namespace flowmeter::test
