#include <algorithm>

#include "capture/application_ports.h"
#include "capture/bytes.h"
#include "capture/ip_key.h"
#include "capture/tunnel_ports.h"

namespace flowmeter {
namespace {

constexpr std::uint8_t authentication_header = 51;

using PortTest = bool (*)(std::uint16_t);
using PortMemory = ApplicationMemory (*)(std::uint16_t);

/// Segments that open or refuse a connection say nothing yet: a scan announces nothing.
bool is_syn_or_reset(std::string_view tcp) {
  constexpr std::size_t flags_offset = 13;
  constexpr std::uint8_t syn_or_reset = 0x06;
  return tcp.size() > flags_offset && (wire::u8(tcp, flags_offset) & syn_or_reset) != 0;
}

std::string_view tcp_payload(std::string_view tcp) {
  const std::size_t header = tcp.size() > 12 ? (wire::u8(tcp, 12) >> 4U) * std::size_t{4} : 0;
  return header >= 20 && tcp.size() > header ? tcp.substr(header) : std::string_view{};
}

/// What a VNC server or client says first, on whatever port. That begins another conversation.
constexpr std::string_view vnc_version = "RFB ";

/// A request or response line of HTTP may begin so: with a method, or "HTTP/".
bool may_be_http(std::string_view payload) {
  constexpr std::size_t shortest_method = 3;
  const auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  return payload.size() > shortest_method &&
         std::all_of(payload.begin(), payload.begin() + shortest_method, is_upper);
}

/// The key of a tunnel that is carried by `protocol`, whose header begins `payload`.
RoutingKey tunnel_key(std::uint8_t protocol, std::string_view payload, std::uint64_t hash) {
  RoutingKey key{hash, true, RoutingReason::tunnel};
  key.protocol = protocol;
  key.transport = payload;
  return key;
}

/// A tunnel is nothing else, whatever the other port is.
RoutingKey by_ports(std::uint8_t protocol, std::string_view payload, std::uint64_t hash, PortTest is_tunnel,
                    PortMemory memory_of) {
  if (payload.size() < 4) return {hash, true, RoutingReason::truncated};
  const std::uint16_t from = wire::be16(payload, 0);
  const std::uint16_t to = wire::be16(payload, 2);
  if (is_tunnel(from) || is_tunnel(to)) return tunnel_key(protocol, payload, hash);
  RoutingKey key{hash, false, RoutingReason::plain};
  ApplicationMemory memory = std::max(memory_of(from), memory_of(to));
  if (protocol == 6) {
    const std::string_view text = tcp_payload(payload);
    if (text.starts_with(vnc_version))
      memory = ApplicationMemory::announced;
    else
      key.claims = may_be_http(text);
  }
  key.application = memory != ApplicationMemory::none;
  const bool asks_port_mapper = protocol == 17 && to == port_mapper && from != port_mapper;
  key.announces = memory == ApplicationMemory::announced && !asks_port_mapper &&
                  (protocol != 6 || !is_syn_or_reset(payload));
  key.protocol = protocol;
  key.transport = payload;
  return key;
}

/// An ICMP error belongs to whatever it quotes: tshark gives the quoted headers stream numbers.
/// What is too short to be told, or an error in itself, stays with its own addresses.
RoutingKey by_quote(std::string_view quote, std::uint64_t outer, RoutingKey (*key_of)(std::string_view)) {
  RoutingKey key = key_of(quote);
  const bool elsewhere =
      key.fixed && (key.reason == RoutingReason::tunnel || key.reason == RoutingReason::protocol);
  if (elsewhere) return {key.hash, true, key.reason};
  RoutingKey quoted{key.hash == 0 ? outer : key.hash, false, RoutingReason::quoted};
  quoted.application = key.application;  // tshark dissects what is quoted
  quoted.announces = key.announces;
  quoted.readdressed = key.readdressed;
  if (key.fragment || key.fixed || key.readdressed) return quoted;
  quoted.protocol = key.protocol;
  quoted.transport = key.transport;
  quoted.network = key.network;
  return quoted;
}

RoutingKey icmp_key(std::string_view payload, std::uint64_t hash) {
  const std::uint8_t type = payload.empty() ? std::uint8_t{0} : wire::u8(payload, 0);
  const bool error = type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
  if (!error || payload.size() < 8) return {hash, false, RoutingReason::plain};
  const std::string_view quote = payload.substr(8);
  const bool again = quote.size() > 9 && wire::u8(quote, 9) == 1;  // ICMP in ICMP: no stream in it
  if (again) return {hash, false, RoutingReason::quoted};
  return by_quote(quote, hash, ipv4_key);
}

/// Redirects have the packet in an option: type 4, in units of 8 bytes, behind 8 bytes.
std::string_view redirected_packet(std::string_view payload) {
  std::string_view options = payload.size() > 40 ? payload.substr(40) : std::string_view{};
  while (options.size() >= 8) {
    if (wire::u8(options, 0) == 4) return options.substr(8);
    const std::size_t size = std::size_t{wire::u8(options, 1)} * 8;
    if (size == 0 || size > options.size()) break;
    options.remove_prefix(size);
  }
  return {};
}

RoutingKey icmpv6_key(std::string_view payload, std::uint64_t hash) {
  constexpr std::uint8_t redirect_type = 137;
  const std::uint8_t type = payload.empty() ? std::uint8_t{128} : wire::u8(payload, 0);
  if (type == redirect_type) return by_quote(redirected_packet(payload), hash, quoted_ipv6_key);
  const bool error = type >= 1 && type <= 4;
  if (!error || payload.size() < 8) return {hash, false, RoutingReason::plain};
  const std::string_view quote = payload.substr(8);
  const bool again = quote.size() > 6 && wire::u8(quote, 6) == 58;
  if (again) return {hash, false, RoutingReason::quoted};
  return by_quote(quote, hash, quoted_ipv6_key);
}

/// Steps over an authentication header, which stands before what it authenticates.
bool skip_authentication(std::uint8_t& protocol, std::string_view& payload) {
  if (payload.size() < 8) return false;
  const std::size_t size = (std::size_t{wire::u8(payload, 1)} + 2) * 4;
  if (payload.size() < size) return false;
  protocol = wire::u8(payload, 0);
  payload.remove_prefix(size);
  return true;
}

}  // namespace

bool hides_greeting(std::string_view tcp) { return tcp_payload(tcp).size() < vnc_version.size(); }

RoutingKey transport_key(std::uint8_t protocol, std::string_view payload, std::uint64_t hash) {
  while (protocol == authentication_header) {
    if (!skip_authentication(protocol, payload)) return {hash, true, RoutingReason::truncated};
  }
  switch (protocol) {
    case 6:
      return by_ports(6, payload, hash, is_tcp_tunnel, tcp_application);
    case 17:
      return by_ports(17, payload, hash, is_udp_tunnel, udp_application);
    case 136:  // UDP-Lite, whose header is another one
      return by_ports(0, payload, hash, is_udp_tunnel, udp_application);
    case 1:
      return icmp_key(payload, hash);
    case 58:
      return icmpv6_key(payload, hash);
    case 2:    // IGMP
    case 33:   // DCCP
    case 50:   // ESP
    case 59:   // nothing
    case 88:   // EIGRP
    case 89:   // OSPF
    case 112:  // VRRP
    case 132:  // SCTP
      return {hash, false, RoutingReason::plain};
    case 4:    // IPv4
    case 41:   // IPv6
    case 47:   // GRE
    case 55:   // minimal encapsulation
    case 94:   // IPIP
    case 97:   // EtherIP
    case 98:   // encapsulation
    case 103:  // PIM registers carry packets
    case 115:  // L2TP
    case 137:  // MPLS
    case 143:  // Ethernet
      return tunnel_key(protocol, payload, hash);
    default:
      return {hash, true, RoutingReason::protocol};
  }
}

}  // namespace flowmeter
