#include <gtest/gtest.h>

#include <numeric>

#include "capture_bytes.h"

namespace flowmeter::test {
namespace {

using std::chrono::nanoseconds;

constexpr Order orders[] = {Order::little, Order::big};

std::string joined(const std::vector<std::string>& parts) {
  return std::accumulate(parts.begin(), parts.end(), std::string());
}

/// Reads in pieces of every size; all must agree, and nothing may be lost.
Reading read_all_ways(std::string_view input, CaptureOrigin origin = CaptureOrigin::file) {
  const Reading whole = read(input, 0, origin);
  EXPECT_EQ(joined(whole.records), input);
  for (const std::size_t piece : piece_sizes) {
    const Reading other = read(input, piece, origin);
    EXPECT_EQ(other.records, whole.records) << "pieces of " << piece;
    EXPECT_EQ(other.packets, whole.packets);
    EXPECT_EQ(other.kinds(), whole.kinds());
    EXPECT_EQ(other.state, whole.state);
    EXPECT_EQ(other.trouble_offset, whole.trouble_offset);
  }
  return whole;
}

TEST(Pcap, ReadsBothOrders) {
  for (const Order order : orders) {
    const auto got = read_all_ways(pcap_header(order, 101) + pcap_record(order, "abcde", 1, 2, 9) +
                                   pcap_record(order, "", 3, 999999) + pcap_record(order, "xyz"));
    EXPECT_EQ(got.kinds(), "HFFF");
    EXPECT_EQ(got.state, ReaderState::ended);
    EXPECT_EQ(got.packets, (std::vector<std::string>{"abcde", "", "xyz"}));
    EXPECT_EQ(got.items[1].link_type, 101U);
    EXPECT_EQ(got.items[1].caplen, 5U);
    EXPECT_EQ(got.items[1].orig_len, 9U);
    EXPECT_EQ(got.items[1].time, nanoseconds(1000002000));
    EXPECT_EQ(got.items[2].time, nanoseconds(3999999000));
  }
}

TEST(Pcap, ReadsNanoseconds) {
  for (const Order order : orders) {
    const auto got = read_all_ways(pcap_header(order, 1, 0xA1B23C4D) + pcap_record(order, "abc"));
    EXPECT_EQ(got.items[1].time, nanoseconds(1000000002));
  }
}

TEST(Pcap, LinkTypeIsTheLowHalf) {
  const auto got = read_all_ways(pcap_header(Order::little, 0x44000001));
  EXPECT_EQ(got.kinds(), "H");
  EXPECT_EQ(got.items[0].link_type, 1U);
}

TEST(Pcap, LeavesRelativesToOneTshark) {
  const Order order = Order::little;
  const std::string record = pcap_record(order, "abc");
  for (const std::string& header :
       {pcap_header(order, 1, 0xA1B2CD34), pcap_header(order, 1, 0x1C0001AC),
        pcap_header(order, 1, 0xA1B2C3D4, 262144, 3), pcap_header(order, 0x10001)}) {
    const auto got = read_all_ways(header + record);
    EXPECT_EQ(got.kinds(), "T");
    EXPECT_EQ(got.state, ReaderState::unsupported);
    EXPECT_EQ(got.trouble_offset, 0U);
  }
}

TEST(Pcap, CutShort) {
  const Order order = Order::big;
  const std::string good = pcap_header(order) + pcap_record(order, "abcde");
  for (const std::size_t size : {1U, 15U, 16U, 18U}) {
    const auto got = read_all_ways(good + pcap_record(order, "xyz").substr(0, size));
    EXPECT_EQ(got.kinds(), "HFT");
    EXPECT_EQ(got.state, ReaderState::truncated);
    EXPECT_EQ(got.trouble_offset, good.size());
  }
  EXPECT_EQ(read_all_ways(good.substr(0, 23)).state, ReaderState::unsupported);
  EXPECT_EQ(read_all_ways(good.substr(0, 3)).state, ReaderState::unsupported);
}

TEST(Pcap, AbsurdLengthIsDamage) {
  const Order order = Order::little;
  std::string input = pcap_header(order);
  for (int i = 0; i < 4; ++i) input += pcap_record(order, "abcde");
  const std::size_t good = input.size();
  input += int32(1, order) + int32(2, order) + int32(262145, order) + int32(262145, order);
  input += std::string(9000, 'x');
  const auto got = read_all_ways(input);
  EXPECT_EQ(got.kinds(), "HFFFFT");
  EXPECT_EQ(got.state, ReaderState::damaged);
  EXPECT_EQ(got.trouble_offset, good);
}

TEST(Pcap, UsbMayBeLong) {
  const Order order = Order::little;
  const std::string packet(300000, 'u');
  const std::string record = pcap_record(order, packet);
  EXPECT_EQ(read(pcap_header(order, 249, 0xA1B2C3D4, 1U << 27U) + record).kinds(), "HF");
  EXPECT_EQ(read(pcap_header(order, 1) + record, 0, CaptureOrigin::pipe).kinds(), "HT");
}

/// A record with the 24 bytes of header that Red Hat 6.1 wrote under the standard magic number.
std::string long_record(Order order, std::string_view packet) {
  return pcap_record(order, "", 1, 2).substr(0, 8) + int32(static_cast<std::uint32_t>(packet.size()), order) +
         int32(static_cast<std::uint32_t>(packet.size()), order) + int32(2, order) + int16(0x800, order) +
         int16(0, order) + std::string(packet);
}

TEST(Pcap, GuessesVariantsOfFilesOnly) {
  const Order order = Order::little;
  std::string input = pcap_header(order);
  for (int i = 0; i < 3; ++i) input += long_record(order, std::string(60, '\x5a'));
  EXPECT_EQ(read_all_ways(input).state, ReaderState::unsupported);
  EXPECT_EQ(read_all_ways(input, CaptureOrigin::pipe).kinds().substr(0, 2), "HF");
}

TEST(Pcapng, ReadsEveryBlock) {
  for (const Order order : orders) {
    const std::string secrets = int32(0x544c534b, order) + int32(3, order) + "abc";
    const std::string statistics(12, '\0');
    const auto got = read_all_ways(
        section(order) + interface(order, 1) + interface(order, 101) + block(order, 10, secrets) +
        block(order, 4, std::string(4, '\0')) + enhanced(order, "abcde") + enhanced(order, "xyz", 1) +
        simple(order, "12345", 5) + obsolete(order, "old", 1) + block(order, 5, statistics) +
        block(order, 0x7777, "what") + block(order, 0xBAD, int32(99, order) + "custom") +
        block(order, 9, "__REALTIME_TIMESTAMP=1000000\n") + block(order, 0x204, std::string(30, 's')));
    EXPECT_EQ(got.kinds(), "SIIDNFFFF--FFF");
    EXPECT_EQ(got.state, ReaderState::ended);
    EXPECT_EQ(got.packets, (std::vector<std::string>{"abcde", "xyz", "12345", "old", "", "", ""}));
    EXPECT_EQ(got.items[5].link_type, 1U);
    EXPECT_EQ(got.items[5].time, nanoseconds(1000002000));
    EXPECT_EQ(got.items[6].link_type, 101U);
    EXPECT_EQ(got.items[6].interface_id, 1U);
    EXPECT_EQ(got.items[7].link_type, 1U);
    EXPECT_FALSE(got.items[7].time.has_value());
    EXPECT_EQ(got.items[8].link_type, 101U);
    EXPECT_EQ(got.items[11].link_type, no_link_type);
  }
}

TEST(Pcapng, SectionsBeginAnew) {
  std::string input;
  for (const Order order : orders) {
    input += section(order) + interface(order, 113) + enhanced(order, "abc");
  }
  EXPECT_EQ(read_all_ways(input).kinds(), "SIFSIF");
  input += section(Order::little) + enhanced(Order::little, "abc");
  const auto got = read_all_ways(input);
  EXPECT_EQ(got.kinds(), "SIFSIFST");
  EXPECT_EQ(got.state, ReaderState::damaged);
}

TEST(Pcapng, TimeUnitsAndOffsets) {
  const Order order = Order::little;
  const auto time = [&](const std::string& options, std::uint64_t raw) {
    return read(section(order) + interface(order, 1, 0, options) + enhanced(order, "a", 0, raw))
        .items.back()
        .time;
  };
  const std::string offset = option(order, 14, int32(100, order) + int32(0, order));
  EXPECT_EQ(time("", 5000001), nanoseconds(5000001000));
  EXPECT_EQ(time(option(order, 9, "\x09"), 5000001), nanoseconds(5000001));
  EXPECT_EQ(time(option(order, 9, "\x8a"), 1536), nanoseconds(1500000000));
  EXPECT_EQ(time(option(order, 9, std::string(1, '\0')), 7), nanoseconds(7000000000));
  EXPECT_EQ(time(offset, 1000000), nanoseconds(101000000000));
  EXPECT_EQ(time(option(order, 9, std::string(1, '\0')), UINT64_MAX / 2), std::nullopt);
}

TEST(Pcapng, SimplePacketsAreCutAtTheSnapLength) {
  const Order order = Order::big;
  const auto got = read_all_ways(section(order) + interface(order, 1, 6) + simple(order, "123456", 9));
  EXPECT_EQ(got.kinds(), "SIF");
  EXPECT_EQ(got.items[2].caplen, 6U);
  EXPECT_EQ(got.items[2].orig_len, 9U);
}

TEST(Pcapng, LengthWithoutPadding) {
  const Order order = Order::little;
  std::string record = enhanced(order, "abcde");
  record.replace(4, 4, int32(static_cast<std::uint32_t>(record.size()) - 3, order));
  EXPECT_EQ(read_all_ways(section(order) + interface(order) + record).kinds(), "SIF");
}

TEST(Pcapng, Damage) {
  const Order order = Order::little;
  const std::string good = section(order) + interface(order) + enhanced(order, "abcde");
  std::string bad_trailer = enhanced(order, "abcde");
  bad_trailer.back() = 'x';
  std::string long_packet = enhanced(order, "abcde");
  long_packet.replace(20, 4, int32(99, order));
  for (const std::string& bad :
       {bad_trailer, long_packet, enhanced(order, "abc", 7), obsolete(order, "abc", 7),
        block(order, 6, "short"), block(order, 3, int32(50, order)),
        int32(6, order) + int32(4, order) + "1234", int32(6, order) + int32(0x0FFFFFF0, order) + "1234",
        enhanced(order, "abc", 0, 1, option(order, 1, "x") + int16(2, order) + int16(5, order) + "four"),
        interface(order, 1, 0, int16(2, order) + int16(99, order)),
        block(order, 10, int32(1, order) + int32(99, order)),
        block(order, 0xBAD, int32(10949, order) + int32(3, order))}) {
    const auto got = read_all_ways(good + bad + good);
    EXPECT_EQ(got.kinds(), "SIFT") << testing::PrintToString(bad);
    EXPECT_EQ(got.state, ReaderState::damaged);
    EXPECT_EQ(got.trouble_offset, good.size());
  }
}

TEST(Pcapng, CutShort) {
  const Order order = Order::big;
  const std::string good = section(order) + interface(order);
  const std::string record = enhanced(order, "abcde");
  for (std::size_t size = 1; size < record.size(); ++size) {
    const auto got = read_all_ways(good + record.substr(0, size));
    EXPECT_EQ(got.kinds(), "SIT");
    EXPECT_EQ(got.state, ReaderState::truncated);
  }
  EXPECT_EQ(read_all_ways(good.substr(0, 20)).state, ReaderState::unsupported);
}

TEST(Reader, WhatIsNoCapture) {
  EXPECT_EQ(read_all_ways("{\"index\":{}}\n").state, ReaderState::unsupported);
  EXPECT_EQ(read_all_ways("").state, ReaderState::ended);
}

}  // namespace
}  // namespace flowmeter::test
