#include <gtest/gtest.h>

#include <array>
#include <initializer_list>

#include "capture/flow_hash.h"
#include "capture_bytes.h"

namespace flowmeter::test {
namespace {

constexpr std::uint32_t ethernet_link = 1;

DealKey key(const std::string& ip, std::uint16_t type = 0x0800) {
  return deal_key(ethernet_link, ethernet(ip, type));
}

const std::uint64_t the_pair = key(ipv4(6, 1, 2, ports(1000, 80))).hash;
const std::uint64_t the_pair6 = key(ipv6(6, 1, 2, ports(1000, 80)), 0x86DD).hash;

/// Plain, and of the pair of addresses 1 and 2.
void expect_pair(const DealKey& got, std::uint64_t pair, DealReason reason = DealReason::plain) {
  EXPECT_EQ(got.hash, pair);
  EXPECT_FALSE(got.fixed);
  EXPECT_EQ(got.reason, reason);
}

void expect_fixed(const DealKey& got, DealReason reason) {
  EXPECT_TRUE(got.fixed);
  EXPECT_EQ(got.reason, reason);
}

TEST(DealKey, SameForBothDirectionsAndAllPorts) {
  EXPECT_NE(the_pair, 0U);
  EXPECT_NE(the_pair, the_pair6);
  expect_pair(key(ipv4(6, 2, 1, ports(80, 1000))), the_pair);
  expect_pair(key(ipv4(17, 2, 1, ports(53, 53))), the_pair);
  expect_pair(key(ipv6(17, 2, 1, ports(80, 1000)), 0x86DD), the_pair6);
  EXPECT_NE(key(ipv4(6, 1, 3, ports(1000, 80))).hash, the_pair);
}

TEST(DealKey, NeverChangesBetweenMachines) {
  EXPECT_EQ(the_pair, 0xC4DB5CEAC9FFE378U);
  EXPECT_EQ(the_pair6, 0xCB64DEC16252062U);
}

TEST(DealKey, SpreadsNeighbours) {
  std::array<unsigned, 5> count{};
  for (unsigned from = 0; from < 100; ++from) {
    for (unsigned to = 100; to < 200; ++to) {
      const DealKey got =
          key(ipv4(6, static_cast<std::uint8_t>(from), static_cast<std::uint8_t>(to), ports(1, 2)));
      ++count[worker_of(got, 5)];
    }
  }
  for (const unsigned n : count) EXPECT_NEAR(n, 2000, 150);
}

TEST(DealKey, FragmentsOfDatagramsAreFixed) {
  expect_fixed(key(ipv4(17, 1, 2, ports(5, 6), 0x2000)), DealReason::fragment);
  expect_fixed(key(ipv4(17, 1, 2, ports(5, 6), 0x00B9)), DealReason::fragment);
  expect_pair(key(ipv4(17, 1, 2, ports(5, 6), 0x4000)), the_pair);  // don't fragment
  const std::string more = std::string("\x11\0\0\1\0\0\0\1", 8);
  expect_fixed(key(ipv6(44, 1, 2, more + ports(5, 6)), 0x86DD), DealReason::fragment);
  const std::string atomic = std::string("\x11\0\0\0\0\0\0\1", 8);
  expect_pair(key(ipv6(44, 1, 2, atomic + ports(5, 6)), 0x86DD), the_pair6);
}

TEST(DealKey, FragmentsOfTcpAndIcmpStayWithTheirPair) {
  for (const std::uint16_t bits : std::initializer_list<std::uint16_t>{0x2000, 0x20B9, 0xB9}) {
    expect_pair(key(ipv4(6, 1, 2, "whatever", bits)), the_pair, DealReason::fragment);
    expect_pair(key(ipv4(1, 2, 1, "whatever", bits)), the_pair, DealReason::fragment);
  }
  const std::string last = std::string("\x06\0\1\0\0\0\0\1", 8);
  expect_pair(key(ipv6(44, 1, 2, last + "x"), 0x86DD), the_pair6, DealReason::fragment);
}

TEST(DealKey, IcmpErrorsGoWithWhatTheyQuote) {
  const std::string quote = ipv4(17, 2, 1, ports(53, 999)).substr(0, 28);
  for (const char type : {'\3', '\4', '\5', '\13', '\14'}) {
    const std::string error = std::string{type, 1} + std::string(6, '\0');
    expect_pair(key(ipv4(1, 9, 1, error + quote)), the_pair, DealReason::quoted);
  }
  const std::string head = std::string("\3\1\0\0\0\0\0\0", 8);
  const std::string tunnel = ipv4(17, 2, 1, ports(4789, 4789));
  expect_fixed(key(ipv4(1, 9, 1, head + tunnel)), DealReason::tunnel);
  expect_fixed(key(ipv4(1, 9, 1, head + ipv4(47, 2, 1, "gre"))), DealReason::tunnel);
  expect_pair(key(ipv4(1, 2, 1, head + "cut")), the_pair, DealReason::quoted);
  expect_pair(key(ipv4(1, 2, 1, std::string("\x08\0\0\0\0\1\0\1", 8))), the_pair);
}

TEST(DealKey, Icmpv6ErrorsGoWithWhatTheyQuote) {
  const std::string quote = ipv6(6, 2, 1, ports(80, 999));
  for (const char type : {'\1', '\2', '\3', '\4'}) {
    const std::string error = std::string{type, 0} + std::string(6, '\0');
    expect_pair(key(ipv6(58, 9, 1, error + quote), 0x86DD), the_pair6, DealReason::quoted);
  }
  const std::string redirect = std::string("\x89", 1) + std::string(39, '\0') + std::string("\2\1aaaaaa", 8) +
                               std::string("\4\x09......", 8);
  expect_pair(key(ipv6(58, 9, 1, redirect + quote), 0x86DD), the_pair6, DealReason::quoted);
}

TEST(DealKey, TunnelsAreFixed) {
  for (const std::uint8_t protocol : std::initializer_list<std::uint8_t>{4, 41, 47, 94, 115, 137}) {
    expect_fixed(key(ipv4(protocol, 1, 2, ports(1, 2))), DealReason::tunnel);
    expect_fixed(key(ipv6(protocol, 1, 2, ports(1, 2)), 0x86DD), DealReason::tunnel);
  }
  for (const std::uint16_t port : std::initializer_list<std::uint16_t>{4789, 8472, 2152, 3386, 6081, 3544,
                                                                       1701, 5246, 5247, 6343, 4341, 6635}) {
    expect_fixed(key(ipv4(17, 1, 2, ports(port, 9))), DealReason::tunnel);
    expect_fixed(key(ipv4(17, 1, 2, ports(9, port))), DealReason::tunnel);
    expect_pair(key(ipv4(6, 1, 2, ports(9, port))), the_pair);
  }
  expect_fixed(key(ipv4(99, 1, 2, ports(1, 2))), DealReason::protocol);
}

TEST(DealKey, TellsFragmentsWhateverElseTheyAre) {
  for (const std::uint16_t bits : std::initializer_list<std::uint16_t>{0x2000, 0x20B9, 0xB9}) {
    for (const std::uint8_t protocol : std::initializer_list<std::uint8_t>{1, 6, 17, 47, 99}) {
      const DealKey got = key(ipv4(protocol, 1, 2, "whatever", bits));
      EXPECT_TRUE(got.fragment);
      EXPECT_EQ(got.datagram, 7U);
      EXPECT_EQ(got.unsure, protocol == 17);
      EXPECT_EQ(got.follows(), protocol < 47);
    }
    EXPECT_TRUE(key(ipv4(6, 1, 2, "whatever", bits, "\x83\x07\x04...")).fragment);
  }
  const std::string more = std::string("\x06\0\0\1\0\0\1\2", 8);
  const std::string home = std::string("\x2c\2\xc9\x10", 4) + std::string(20, '\0');
  for (const std::string& packet : {ipv6(44, 1, 2, more), ipv6(60, 1, 2, home + more)}) {
    EXPECT_TRUE(key(packet, 0x86DD).fragment);
    EXPECT_EQ(key(packet, 0x86DD).datagram, 258U);
  }
  expect_fixed(key(ipv6(60, 1, 2, home + more), 0x86DD), DealReason::readdressed);
  EXPECT_FALSE(key(ipv4(6, 1, 2, ports(1, 2), 0x4000)).fragment);
  const std::string quote = ipv4(6, 2, 1, ports(53, 999), 0x2000);
  EXPECT_FALSE(key(ipv4(1, 9, 1, std::string("\3\1\0\0\0\0\0\0", 8) + quote)).fragment);
}

TEST(DealKey, TellsApplicationsByEitherPort) {
  const auto application = [](std::uint8_t protocol, std::uint16_t from, std::uint16_t to,
                              std::uint16_t bits = 0) {
    return key(ipv4(protocol, 1, 2, ports(from, to), bits)).application;
  };
  for (const std::uint16_t port :
       std::initializer_list<std::uint16_t>{88, 111, 161, 162, 2049, 5060, 5061, 4739}) {
    for (const std::uint8_t protocol : std::initializer_list<std::uint8_t>{6, 17}) {
      EXPECT_TRUE(application(protocol, port, 40000)) << port;
      EXPECT_TRUE(application(protocol, 40000, port)) << port;
      EXPECT_TRUE(application(protocol, port, 40000, 0x2000)) << port;  // first fragment
      EXPECT_FALSE(application(protocol, port, 40000, 0x2001)) << port;
    }
  }
  for (const std::uint16_t port : std::initializer_list<std::uint16_t>{20, 21, 554, 8554, 1080, 1720, 2855,
                                                                       3260, 5500, 5501, 5900, 5910}) {
    EXPECT_TRUE(application(6, port, 40000)) << port;
    EXPECT_FALSE(application(17, port, 40000)) << port;
  }
  for (const std::uint16_t port : std::initializer_list<std::uint16_t>{69, 2055, 9995, 9996}) {
    EXPECT_TRUE(application(17, 40000, port)) << port;
    EXPECT_FALSE(application(6, 40000, port)) << port;
  }
  for (const std::uint16_t port : std::initializer_list<std::uint16_t>{53, 80, 443, 5800, 5911}) {
    EXPECT_FALSE(application(6, 40000, port)) << port;
    EXPECT_FALSE(application(17, 40000, port)) << port;
  }
  EXPECT_FALSE(application(17, 69, 4789));     // a tunnel is a tunnel
  EXPECT_FALSE(application(17, 40000, 6343));  // sFlow is one
  EXPECT_FALSE(application(6, 6653, 40000));   // so is OpenFlow
  const std::string quote = ipv4(17, 2, 1, ports(69, 999)).substr(0, 28);
  EXPECT_TRUE(key(ipv4(1, 9, 1, std::string("\3\3\0\0\0\0\0\0", 8) + quote)).application);
  const std::string more = std::string("\x11\0\0\1\0\0\0\1", 8);
  EXPECT_TRUE(key(ipv6(44, 1, 2, more + ports(2049, 800)), 0x86DD).application);
  const std::string last = std::string("\x11\0\1\0\0\0\0\1", 8);
  EXPECT_FALSE(key(ipv6(44, 1, 2, last + ports(2049, 800)), 0x86DD).application);
}

TEST(DealKey, HeadersOnTheWay) {
  const std::string ah = std::string("\x06\4", 2) + std::string(22, '\0');
  expect_pair(key(ipv4(51, 1, 2, ah + ports(1, 2))), the_pair);
  const std::string hop = std::string("\x3c\0\5\2\0\0\1\0", 8);
  const std::string destination = std::string("\x06\0\1\4\0\0\0\0", 8);
  expect_pair(key(ipv6(0, 1, 2, hop + destination + ports(1, 2)), 0x86DD), the_pair6);
  const std::string home = std::string("\x06\2\xc9\x10", 4) + std::string(20, '\0');
  expect_fixed(key(ipv6(60, 1, 2, home + ports(1, 2)), 0x86DD), DealReason::readdressed);
  const std::string route = std::string("\x06\2\0\1\0\0\0\0", 8) + std::string(16, '\1');
  expect_fixed(key(ipv6(43, 1, 2, route + ports(1, 2)), 0x86DD), DealReason::readdressed);
  expect_fixed(key(ipv4(6, 1, 2, ports(1, 2), 0, "\x83\x07\x04...")), DealReason::readdressed);
  expect_pair(key(ipv4(6, 1, 2, ports(1, 2), 0, std::string("\x94\4\0\0", 4))), the_pair);
}

TEST(DealKey, RoutesAndHomesAmongOtherOptions) {
  using std::string_literals::operator""s;
  const auto with4 = [](const std::string& options) { return key(ipv4(6, 1, 2, ports(1, 2), 0, options)); };
  expect_fixed(with4("\1\x83\7\4..."s), DealReason::readdressed);         // behind a no-operation
  expect_fixed(with4("\x94\4\0\0\x89\3\4\0"s), DealReason::readdressed);  // behind a router alert
  expect_pair(with4("\x94\x08\x83\x83\x83\x83\x83\x83"s), the_pair);      // within one
  expect_pair(with4("\0\x83\7\4..."s), the_pair);                         // behind the end
  expect_pair(with4("\x94\0\x83\7\4..."s), the_pair);                     // behind a length that cannot be
  expect_pair(with4("\x94\x09\x83\7\4..."s), the_pair);                   // likewise
  const auto with6 = [](std::string options) {
    options.resize(22, '.');
    return key(ipv6(60, 1, 2, std::string("\6\2", 2) + options + ports(1, 2)), 0x86DD);
  };
  expect_fixed(with6("\0\0\xc9\x10"s), DealReason::readdressed);    // behind Pad1s
  expect_fixed(with6("\1\1\0\xc9\x10"s), DealReason::readdressed);  // behind PadN
  expect_pair(with6("\1\x14\xc9\xc9\xc9"s), the_pair6);             // within one
  expect_pair(with6("\1\x20\xc9\xc9\xc9"s), the_pair6);             // a length that cannot be
}

TEST(DealKey, CutFramesAreFixed) {
  const std::string tcp = ethernet(ipv4(6, 1, 2, ports(1, 2)));
  for (std::size_t size = 0; size < 14 + 20 + 4; ++size) {
    expect_fixed(deal_key(ethernet_link, tcp.substr(0, size)), DealReason::truncated);
  }
  expect_pair(deal_key(ethernet_link, tcp.substr(0, 14 + 20 + 4)), the_pair);
  const std::string tcp6 = ethernet(ipv6(6, 1, 2, ports(1, 2)), 0x86DD);
  for (std::size_t size = 0; size < 14 + 40 + 4; ++size) {
    expect_fixed(deal_key(ethernet_link, tcp6.substr(0, size)), DealReason::truncated);
  }
}

TEST(DealKey, LinkLayers) {
  const std::string ip = ipv4(6, 1, 2, ports(1, 2));
  const std::string ip6 = ipv6(6, 1, 2, ports(1, 2));
  const std::string vlan = std::string("\0\5\x08\0", 4);
  expect_pair(key(vlan + ip, 0x8100), the_pair);
  expect_pair(key(std::string("\0\1\x81\0", 4) + vlan + ip, 0x88A8), the_pair);
  expect_pair(key(std::string("\xaa\xaa\3\0\0\0\x08\0", 8) + ip, 48), the_pair);
  expect_pair(key("\x06\x06\3" + ip, 43), the_pair);
  expect_pair(key(std::string("\0\0\x10\xff\0\0\x21\xff", 8) + ip, 0x8847), the_pair);
  expect_pair(key(std::string("\x11\0\0\1\0\x40\0\x21", 8) + ip, 0x8864), the_pair);
  expect_pair(key(std::string("\x11\0\0\1\0\x40\0\x57", 8) + ip6, 0x8864), the_pair6);
  for (const std::uint32_t link : {12U, 14U, 101U}) expect_pair(deal_key(link, ip6), the_pair6);
  expect_pair(deal_key(228, ip), the_pair);
  expect_pair(deal_key(229, ip6), the_pair6);
  expect_pair(deal_key(0, std::string("\2\0\0\0", 4) + ip), the_pair);
  expect_pair(deal_key(0, std::string("\0\0\0\x1e", 4) + ip6), the_pair6);
  expect_pair(deal_key(108, std::string("\0\0\0\2", 4) + ip), the_pair);
  expect_pair(deal_key(113, std::string(14, '\0') + std::string("\x08\0", 2) + ip), the_pair);
  expect_pair(deal_key(276, "\x86\xdd" + std::string(18, '\0') + ip6), the_pair6);
  expect_pair(deal_key(9, std::string("\xff\3\0\x21", 4) + ip), the_pair);
  expect_pair(deal_key(50, "\x21" + ip), the_pair);
}

TEST(DealKey, WhatIsNotWalkedIsFixed) {
  expect_fixed(key("arp", 0x0806), DealReason::not_ip);
  expect_fixed(key("bpdu", 38), DealReason::not_ip);
  expect_fixed(key(ipv4(6, 1, 2, ports(1, 2)), 0x86DD), DealReason::not_ip);
  expect_fixed(deal_key(105, std::string(60, 'w')), DealReason::link);
  expect_fixed(deal_key(no_link_type, ""), DealReason::link);
}

}  // namespace
}  // namespace flowmeter::test
