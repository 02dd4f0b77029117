#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <initializer_list>

#include "capture/ip_key.h"
#include "capture/routing_key.h"
#include "capture_bytes.h"

namespace flowmeter::test {
namespace {

constexpr std::uint32_t ethernet_link = 1;

/// The key's views live as long as the program.
RoutingKey key(const std::string& ip, std::uint16_t type = 0x0800) {
  static std::deque<std::string> frames;
  return routing_key(ethernet_link, frames.emplace_back(ethernet(ip, type)));
}

const std::uint64_t the_pair = key(ipv4(6, 1, 2, ports(1000, 80))).hash;
const std::uint64_t the_pair6 = key(ipv6(6, 1, 2, ports(1000, 80)), 0x86DD).hash;

/// Plain, and of the pair of addresses 1 and 2.
void expect_pair(const RoutingKey& got, std::uint64_t pair, RoutingReason reason = RoutingReason::plain) {
  EXPECT_EQ(got.hash, pair);
  EXPECT_FALSE(got.fixed);
  EXPECT_EQ(got.reason, reason);
}

void expect_fixed(const RoutingKey& got, RoutingReason reason) {
  EXPECT_TRUE(got.fixed);
  EXPECT_EQ(got.reason, reason);
}

/// Plain, but of another pair of addresses than that in its header.
void expect_readdressed(const RoutingKey& got, std::uint64_t pair) {
  expect_pair(got, pair);
  EXPECT_TRUE(got.readdressed);
  EXPECT_EQ(got.protocol, 0) << "its header cannot be read";
}

TEST(RoutingKey, SameForBothDirectionsAndAllPorts) {
  EXPECT_NE(the_pair, 0U);
  EXPECT_NE(the_pair, the_pair6);
  expect_pair(key(ipv4(6, 2, 1, ports(80, 1000))), the_pair);
  expect_pair(key(ipv4(17, 2, 1, ports(53, 53))), the_pair);
  expect_pair(key(ipv6(17, 2, 1, ports(80, 1000)), 0x86DD), the_pair6);
  EXPECT_NE(key(ipv4(6, 1, 3, ports(1000, 80))).hash, the_pair);
}

TEST(RoutingKey, NeverChangesBetweenMachines) {
  EXPECT_EQ(the_pair, 0xC4DB5CEAC9FFE378U);
  EXPECT_EQ(the_pair6, 0xCB64DEC16252062U);
}

TEST(RoutingKey, SpreadsNeighbours) {
  std::array<unsigned, 5> count{};
  for (unsigned from = 0; from < 100; ++from) {
    for (unsigned to = 100; to < 200; ++to) {
      const RoutingKey got =
          key(ipv4(6, static_cast<std::uint8_t>(from), static_cast<std::uint8_t>(to), ports(1, 2)));
      ++count[worker_of(got, 5)];
    }
  }
  for (const unsigned n : count) EXPECT_NEAR(n, 2000, 150);
}

TEST(RoutingKey, FragmentsAreFixed) {
  expect_fixed(key(ipv4(17, 1, 2, ports(5, 6), 0x2000)), RoutingReason::fragment);
  expect_fixed(key(ipv4(17, 1, 2, ports(5, 6), 0x00B9)), RoutingReason::fragment);
  expect_pair(key(ipv4(17, 1, 2, ports(5, 6), 0x4000)), the_pair);  // don't fragment
  const std::string more = std::string("\x11\0\0\1\0\0\0\1", 8);
  expect_fixed(key(ipv6(44, 1, 2, more + ports(5, 6)), 0x86DD), RoutingReason::fragment);
  const std::string atomic = std::string("\x11\0\0\0\0\0\0\1", 8);
  expect_pair(key(ipv6(44, 1, 2, atomic + ports(5, 6)), 0x86DD), the_pair6);
}

TEST(RoutingKey, FragmentsFollowTheirPairIfThatHasAPlace) {
  for (const std::uint16_t bits : std::initializer_list<std::uint16_t>{0x2000, 0x20B9, 0xB9}) {
    for (const std::uint8_t protocol : std::initializer_list<std::uint8_t>{1, 6, 17, 47, 99}) {
      const RoutingKey got = key(ipv4(protocol, 2, 1, "whatever", bits));
      expect_fixed(got, RoutingReason::fragment);
      EXPECT_TRUE(got.follows());
      EXPECT_EQ(got.hash, the_pair);
    }
  }
}

TEST(RoutingKey, IcmpErrorsGoWithWhatTheyQuote) {
  const std::string quote = ipv4(17, 2, 1, ports(53, 999)).substr(0, 28);
  for (const char type : {'\3', '\4', '\5', '\13', '\14'}) {
    const std::string error = std::string{type, 1} + std::string(6, '\0');
    expect_pair(key(ipv4(1, 9, 1, error + quote)), the_pair, RoutingReason::quoted);
  }
  const std::string head = std::string("\3\1\0\0\0\0\0\0", 8);
  const std::string tunnel = ipv4(17, 2, 1, ports(4789, 4789));
  expect_fixed(key(ipv4(1, 9, 1, head + tunnel)), RoutingReason::tunnel);
  expect_fixed(key(ipv4(1, 9, 1, head + ipv4(47, 2, 1, "gre"))), RoutingReason::tunnel);
  expect_pair(key(ipv4(1, 2, 1, head + "cut")), the_pair, RoutingReason::quoted);
  expect_pair(key(ipv4(1, 2, 1, std::string("\x08\0\0\0\0\1\0\1", 8))), the_pair);
}

TEST(RoutingKey, Icmpv6ErrorsGoWithWhatTheyQuote) {
  const std::string quote = ipv6(6, 2, 1, ports(80, 999));
  for (const char type : {'\1', '\2', '\3', '\4'}) {
    const std::string error = std::string{type, 0} + std::string(6, '\0');
    expect_pair(key(ipv6(58, 9, 1, error + quote), 0x86DD), the_pair6, RoutingReason::quoted);
  }
  const std::string redirect = std::string("\x89", 1) + std::string(39, '\0') + std::string("\2\1aaaaaa", 8) +
                               std::string("\4\x09......", 8);
  expect_pair(key(ipv6(58, 9, 1, redirect + quote), 0x86DD), the_pair6, RoutingReason::quoted);
}

TEST(RoutingKey, TunnelsAreFixed) {
  for (const std::uint8_t protocol : std::initializer_list<std::uint8_t>{4, 41, 47, 94, 115, 137}) {
    expect_fixed(key(ipv4(protocol, 1, 2, ports(1, 2))), RoutingReason::tunnel);
    expect_fixed(key(ipv6(protocol, 1, 2, ports(1, 2)), 0x86DD), RoutingReason::tunnel);
  }
  for (const std::uint16_t port : std::initializer_list<std::uint16_t>{4789, 8472, 2152, 3386, 6081, 3544,
                                                                       1701, 5246, 5247, 6343, 4341, 6635}) {
    expect_fixed(key(ipv4(17, 1, 2, ports(port, 9))), RoutingReason::tunnel);
    expect_fixed(key(ipv4(17, 1, 2, ports(9, port))), RoutingReason::tunnel);
    expect_pair(key(ipv4(6, 1, 2, ports(9, port))), the_pair);
  }
  expect_fixed(key(ipv4(99, 1, 2, ports(1, 2))), RoutingReason::protocol);
}

TEST(RoutingKey, TunnelsAreEntered) {
  using std::string_literals::operator""s;
  const std::string inner = ipv4(6, 1, 2, ports(1000, 80)), frame = ethernet(inner);
  const auto udp = [](std::uint16_t port, const std::string& body) {
    return ipv4(17, 7, 8, ports(50000, port).substr(0, 4) + "\0\0\0\0"s + body);
  };
  const std::string fields = "\x37\xff\0\0\0\0\0\1\0\0\0\x85"s;
  const std::string tunnels[] = {
      ipv4(4, 7, 8, inner),
      ipv4(47, 7, 8, "\0\0\x08\0"s + inner),
      ipv4(47, 7, 8, "\x30\0\x65\x58keynumb."s + frame),
      ipv4(97, 7, 8, "\x30\0"s + frame),
      ipv4(137, 7, 8, "\0\1\1\x40"s + inner),
      udp(4789, "\x08\0\0\0\0\0\1\0"s + frame),
      udp(4790, "\x0c\0\0\1\0\0\1\0"s + inner),
      udp(6081, "\1\0\x65\x58\0\0\1\0opts"s + frame),
      udp(2152, "\x30\xff\0\0\0\0\0\1"s + inner),
      udp(2152, fields + "\1\0\0\0"s + inner),
      udp(3544, "\0\1\0\0nonce...\0\0\0port.."s.substr(0, 21) + inner),
      udp(4341, std::string(8, '\0') + inner),
      udp(4754, "\0\0\x08\0"s + inner),
      udp(6635, "\0\1\1\x40"s + inner),
  };
  for (const std::string& tunnel : tunnels) {
    RoutingKey got = key(tunnel);
    expect_fixed(got, RoutingReason::tunnel);
    ASSERT_TRUE(enter(got));
    SCOPED_TRACE(&tunnel - tunnels);
    expect_pair(got, the_pair);
    EXPECT_FALSE(enter(got));
    for (std::size_t size = 14; size < tunnel.size() + 10; ++size) {  // cut anywhere
      const std::string frame_cut = ethernet(tunnel).substr(0, size);
      RoutingKey cut = routing_key(ethernet_link, frame_cut);
      while (enter(cut)) {
      }
    }
  }
  RoutingKey nested = key(ipv4(4, 9, 8, tunnels[5]));
  EXPECT_TRUE(enter(nested) && enter(nested));
  expect_pair(nested, the_pair);
  RoutingKey unknown = key(udp(5246, "capwap"));
  EXPECT_TRUE(enter(unknown));
  expect_fixed(unknown, RoutingReason::not_ip);
}

TEST(RoutingKey, VncIsRecognizedOnAnyPort) {
  const std::string tcp = ports(1000, 3000).substr(0, 4) + std::string(8, '\1') + std::string("\x50\x18", 2) +
                          std::string(6, '\0');
  EXPECT_TRUE(key(ipv4(6, 1, 2, tcp + "RFB 003.008\n")).announces);
  EXPECT_FALSE(key(ipv4(6, 1, 2, tcp + "RFB 003.008\n")).claims);
  EXPECT_FALSE(key(ipv4(6, 1, 2, tcp + "GET / HTTP/1.1")).application);
  EXPECT_FALSE(key(ipv4(6, 1, 2, tcp)).application);
}

TEST(RoutingKey, TellsWhatMayBeClaimedForHttp) {
  const std::string tcp = ports(1000, 3000).substr(0, 4) + std::string(8, '\1') + std::string("\x50\x18", 2) +
                          std::string(6, '\0');
  for (const std::string text : {"GET / HTTP/1.1", "HTTP/1.1 200 OK", "POST"}) {
    EXPECT_TRUE(key(ipv4(6, 1, 2, tcp + text)).claims) << text;
    EXPECT_FALSE(key(ipv4(17, 1, 2, tcp + text)).claims) << text;
  }
  for (const std::string text : {"", "GET", "hello, world", "\x16\x03\x01"}) {
    EXPECT_FALSE(key(ipv4(6, 1, 2, tcp + text)).claims) << text;
  }
}

TEST(RoutingKey, TellsFragmentsWhateverElseTheyAre) {
  for (const std::uint16_t bits : std::initializer_list<std::uint16_t>{0x2000, 0x20B9, 0xB9}) {
    for (const std::uint8_t protocol : std::initializer_list<std::uint8_t>{1, 6, 17, 47, 99}) {
      const RoutingKey got = key(ipv4(protocol, 1, 2, "whatever", bits));
      EXPECT_TRUE(got.fragment);
      EXPECT_EQ(got.datagram, 7U);
    }
    EXPECT_TRUE(key(ipv4(6, 1, 2, "whatever", bits, "\x83\x07\x04...")).fragment);
  }
  const std::string more = std::string("\x06\0\0\1\0\0\1\2", 8);
  const std::string home = std::string("\x2c\2\xc9\x10", 4) + std::string(20, '\0');
  for (const std::string& packet : {ipv6(44, 1, 2, more), ipv6(60, 1, 2, home + more)}) {
    EXPECT_TRUE(key(packet, 0x86DD).fragment);
    EXPECT_EQ(key(packet, 0x86DD).datagram, 258U);
  }
  EXPECT_TRUE(key(ipv6(60, 1, 2, home + more), 0x86DD).readdressed);
  EXPECT_FALSE(key(ipv4(6, 1, 2, ports(1, 2), 0x4000)).fragment);
  const std::string quote = ipv4(6, 2, 1, ports(53, 999), 0x2000);
  EXPECT_FALSE(key(ipv4(1, 9, 1, std::string("\3\1\0\0\0\0\0\0", 8) + quote)).fragment);
}

TEST(RoutingKey, TellsApplicationsByEitherPort) {
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

TEST(RoutingKey, HeadersOnTheWay) {
  const std::string ah = std::string("\x06\4", 2) + std::string(22, '\0');
  expect_pair(key(ipv4(51, 1, 2, ah + ports(1, 2))), the_pair);
  const std::string hop = std::string("\x3c\0\5\2\0\0\1\0", 8);
  const std::string destination = std::string("\x06\0\1\4\0\0\0\0", 8);
  expect_pair(key(ipv6(0, 1, 2, hop + destination + ports(1, 2)), 0x86DD), the_pair6);
  expect_pair(key(ipv4(6, 1, 2, ports(1, 2), 0, std::string("\x94\4\0\0", 4))), the_pair);
}

/// 2001:db8::x
std::string address6(std::uint8_t last) { return ipv6(6, last, last, "").substr(8, 16); }

/// An IPv6 packet with a routing header.
std::string routed(std::uint8_t type, std::uint8_t left, const std::string& hops,
                   std::uint8_t last_entry = 0) {
  const std::string head{'\6', static_cast<char>(hops.size() / 8), static_cast<char>(type),
                         static_cast<char>(left), static_cast<char>(last_entry)};
  return ipv6(43, 1, 9, head + std::string(3, '\0') + hops + ports(1, 2));
}

TEST(RoutingKey, GoesByTheLastHop) {
  const auto of = [](const std::string& packet) { return key(packet, 0x86DD); };
  const std::string two = address6(2), three = address6(3);
  expect_readdressed(of(routed(0, 1, three + two)), the_pair6);
  expect_readdressed(of(routed(2, 1, two)), the_pair6);
  expect_readdressed(of(routed(4, 2, two + three, 1)), the_pair6);
  expect_readdressed(of(routed(3, 1, three + two)), the_pair6);
  const std::uint64_t other = key(ipv6(6, 1, 9, ports(1, 2)), 0x86DD).hash;
  expect_pair(of(routed(4, 0, two)), other);    // no hop is left
  expect_pair(of(routed(253, 1, two)), other);  // nobody knows where it leads
  // RFC 6554: all but the last byte of each address as in the destination; six bytes of padding.
  const std::string compressed = std::string("\x06\1\3\2\xff\x60\0\0", 8) + "\7\2" + std::string(6, '\0');
  expect_readdressed(of(ipv6(43, 1, 9, compressed + ports(1, 2))), the_pair6);
  const std::string home = std::string("\x06\2\1\2\0\0\xc9\x10", 8) + address6(1);
  expect_readdressed(of(ipv6(60, 9, 2, home + ports(1, 2))), the_pair6);
  const std::string route = std::string("\x83\7\4\x0a\0\0\2", 7);
  expect_readdressed(key(ipv4(6, 1, 9, ports(1, 2), 0, route)), the_pair);
  expect_readdressed(
      key(ipv4(6, 1, 9, ports(1, 2), 0, std::string("\x89\x0b\4", 3) + "aaaa" + route.substr(3))), the_pair);
}

TEST(RoutingKey, QuotesKeepTheirDestinationButNotTheirHomeAddress) {
  const std::string error = std::string("\1\0\0\0\0\0\0\0", 8);
  const RoutingKey got = key(ipv6(58, 5, 1, error + routed(4, 1, address6(2))), 0x86DD);
  expect_pair(got, key(ipv6(6, 1, 9, ports(1, 2)), 0x86DD).hash, RoutingReason::quoted);
  EXPECT_FALSE(got.readdressed);
  const std::string home = std::string("\x06\2\1\2\0\0\xc9\x10", 8) + address6(1);
  const RoutingKey other = key(ipv6(58, 5, 9, error + ipv6(60, 9, 2, home + ports(1, 2))), 0x86DD);
  expect_pair(other, the_pair6, RoutingReason::quoted);
  EXPECT_TRUE(other.readdressed);
}

TEST(RoutingKey, RoutesAndHomesAmongOtherOptions) {
  using std::string_literals::operator""s;
  const auto with4 = [](const std::string& options) { return key(ipv4(6, 1, 2, ports(1, 2), 0, options)); };
  const std::uint64_t far = pair_hash("\x0a\0\0\1"s, "...."s);
  expect_readdressed(with4("\1\x83\7\4...."s), far);                  // behind a no-operation
  expect_readdressed(with4("\x94\4\0\0\x89\7\4...."s), far);          // behind a router alert
  expect_pair(with4("\x89\7\x08...."s), the_pair);                    // used up
  expect_pair(with4("\x89\7\5...."s), the_pair);                      // with a pointer that cannot be
  expect_pair(with4("\x89\3\4"s), the_pair);                          // empty
  expect_pair(with4("\x94\x08\x83\x83\x83\x83\x83\x83"s), the_pair);  // within one
  expect_pair(with4("\0\x83\7\4..."s), the_pair);                     // behind the end
  expect_pair(with4("\x94\0\x83\7\4..."s), the_pair);                 // behind a length that cannot be
  expect_pair(with4("\x94\x09\x83\7\4..."s), the_pair);               // likewise
  const auto with6 = [](std::string options) {
    options.resize(22, '.');
    return key(ipv6(60, 1, 2, std::string("\6\2", 2) + options + ports(1, 2)), 0x86DD);
  };
  const std::uint64_t home = pair_hash("................"s, address6(2));
  expect_readdressed(with6("\0\0\xc9\x10"s), home);      // behind Pad1s
  expect_readdressed(with6("\1\1\0\xc9\x10"s), home);    // behind PadN
  expect_pair(with6("\1\x14\xc9\xc9\xc9"s), the_pair6);  // within one
  expect_pair(with6("\1\x20\xc9\xc9\xc9"s), the_pair6);  // a length that cannot be
}

TEST(RoutingKey, CutFramesAreFixed) {
  const std::string tcp = ethernet(ipv4(6, 1, 2, ports(1, 2)));
  for (std::size_t size = 0; size < 14 + 20 + 4; ++size) {
    expect_fixed(routing_key(ethernet_link, tcp.substr(0, size)), RoutingReason::truncated);
  }
  expect_pair(routing_key(ethernet_link, tcp.substr(0, 14 + 20 + 4)), the_pair);
  const std::string tcp6 = ethernet(ipv6(6, 1, 2, ports(1, 2)), 0x86DD);
  for (std::size_t size = 0; size < 14 + 40 + 4; ++size) {
    expect_fixed(routing_key(ethernet_link, tcp6.substr(0, size)), RoutingReason::truncated);
  }
}

TEST(RoutingKey, LinkLayers) {
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
  for (const std::uint32_t link : {12U, 14U, 101U}) expect_pair(routing_key(link, ip6), the_pair6);
  expect_pair(routing_key(228, ip), the_pair);
  expect_pair(routing_key(229, ip6), the_pair6);
  expect_pair(routing_key(0, std::string("\2\0\0\0", 4) + ip), the_pair);
  expect_pair(routing_key(0, std::string("\0\0\0\x1e", 4) + ip6), the_pair6);
  expect_pair(routing_key(108, std::string("\0\0\0\2", 4) + ip), the_pair);
  expect_pair(routing_key(113, std::string(14, '\0') + std::string("\x08\0", 2) + ip), the_pair);
  expect_pair(routing_key(276, "\x86\xdd" + std::string(18, '\0') + ip6), the_pair6);
  expect_pair(routing_key(9, std::string("\xff\3\0\x21", 4) + ip), the_pair);
  expect_pair(routing_key(50, "\x21" + ip), the_pair);
}

TEST(RoutingKey, WhatIsNotWalkedIsFixed) {
  expect_fixed(key("arp", 0x0806), RoutingReason::not_ip);
  expect_fixed(key("bpdu", 38), RoutingReason::not_ip);
  expect_fixed(key(ipv4(6, 1, 2, ports(1, 2)), 0x86DD), RoutingReason::not_ip);
  expect_fixed(routing_key(105, std::string(60, 'w')), RoutingReason::link);
  expect_fixed(routing_key(no_link_type, ""), RoutingReason::link);
}

}  // namespace
}  // namespace flowmeter::test
