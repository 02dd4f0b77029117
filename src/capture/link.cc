#include "capture/link.h"

#include "capture/bytes.h"

namespace flowmeter {
namespace {

using Kind = NetworkPart::Kind;

NetworkPart by_ethertype(std::uint16_t type, std::string_view rest);

NetworkPart by_version(std::string_view rest) {
  if (rest.empty()) return {Kind::truncated, {}};
  const unsigned version = wire::u8(rest, 0) >> 4U;
  if (version == 4) return {Kind::ipv4, rest};
  if (version == 6) return {Kind::ipv6, rest};
  return {Kind::other, {}};
}

NetworkPart ip(std::string_view rest, Kind kind) {
  const NetworkPart part = by_version(rest);
  return part.kind == kind || part.kind == Kind::truncated ? part : NetworkPart{Kind::other, {}};
}

NetworkPart mpls(std::string_view rest) {
  for (;;) {
    if (rest.size() < 4) return {Kind::truncated, {}};
    const std::uint32_t entry = wire::be32(rest, 0);
    rest.remove_prefix(4);
    const std::uint32_t label = entry >> 12U;
    const bool bottom = (entry & 0x100U) != 0;
    if (label >= 4 && label < 16) return {Kind::other, {}};  // alerts, associated channels
    if (bottom) return by_version(rest);
  }
}

NetworkPart ppp_payload(std::string_view rest) {
  if (rest.empty()) return {Kind::truncated, {}};
  std::uint16_t protocol = wire::u8(rest, 0);
  if ((protocol & 1U) != 0) {  // compressed to one byte
    rest.remove_prefix(1);
  } else {
    if (rest.size() < 2) return {Kind::truncated, {}};
    protocol = wire::be16(rest, 0);
    rest.remove_prefix(2);
  }
  if (protocol == 0x21) return ip(rest, Kind::ipv4);
  if (protocol == 0x57) return ip(rest, Kind::ipv6);
  return {Kind::other, {}};
}

NetworkPart pppoe(std::string_view rest) {
  if (rest.size() < 6) return {Kind::truncated, {}};
  return ppp_payload(rest.substr(6));
}

/// PPP in HDLC-like framing, with or without address and control bytes.
NetworkPart ppp(std::string_view rest) {
  if (rest.size() < 2) return {Kind::truncated, {}};
  const std::uint8_t first = wire::u8(rest, 0);
  if (first == 0x0F || first == 0x8F) return {Kind::other, {}};  // Cisco HDLC
  return ppp_payload(first == 0xFF ? rest.substr(2) : rest);
}

/// IEEE 802.2: IP's own service access point, or SNAP with an Ethernet type.
NetworkPart llc(std::string_view rest) {
  if (rest.size() < 3) return {Kind::truncated, {}};
  const std::uint32_t head = (std::uint32_t{wire::be16(rest, 0)} << 8U) | wire::u8(rest, 2);
  if (head == 0x060603) return ip(rest.substr(3), Kind::ipv4);
  if (head != 0xAAAA03) return {Kind::other, {}};
  if (rest.size() < 8) return {Kind::truncated, {}};
  const std::uint32_t organization = wire::be32(rest, 2) & 0xFFFFFFU;
  if (organization != 0 && organization != 0xF8) return {Kind::other, {}};
  return by_ethertype(wire::be16(rest, 6), rest.substr(8));
}

/// What follows an Ethernet or VLAN header that ends in `type`, which may be a length.
NetworkPart by_type_or_length(std::uint16_t type, std::string_view rest) {
  constexpr std::uint16_t max_length = 1500;
  return type <= max_length ? llc(rest) : by_ethertype(type, rest);
}

NetworkPart by_ethertype(std::uint16_t type, std::string_view rest) {
  switch (type) {
    case 0x0800:
      return ip(rest, Kind::ipv4);
    case 0x86DD:
      return ip(rest, Kind::ipv6);
    case 0x8100:  // VLAN
    case 0x88A8:  // QinQ
    case 0x9100:  // QinQ, before the standard
      if (rest.size() < 4) return {Kind::truncated, {}};
      return by_type_or_length(wire::be16(rest, 2), rest.substr(4));
    case 0x8847:
    case 0x8848:
      return mpls(rest);
    case 0x8864:
      return pppoe(rest);
    default:
      return {Kind::other, {}};
  }
}

NetworkPart ethernet(std::string_view packet) {
  if (packet.size() < 14) return {Kind::truncated, {}};
  return by_type_or_length(wire::be16(packet, 12), packet.substr(14));
}

/// Linux cooked captures: the protocol is an Ethernet type if it is large enough.
NetworkPart cooked(std::string_view packet, std::size_t header, std::size_t hardware, std::size_t protocol) {
  constexpr std::uint16_t last_linux_type = 1536;
  constexpr std::uint16_t ip_gre_hardware = 778;
  if (packet.size() < header) return {Kind::truncated, {}};
  const std::uint16_t type = wire::be16(packet, protocol);
  if (type <= last_linux_type || wire::be16(packet, hardware) == ip_gre_hardware) return {Kind::other, {}};
  return by_ethertype(type, packet.substr(header));
}

NetworkPart by_family(std::uint32_t family, std::string_view rest) {
  switch (family) {
    case 2:
      return ip(rest, Kind::ipv4);
    case 24:  // NetBSD, OpenBSD
    case 28:  // FreeBSD
    case 30:  // Darwin
      return ip(rest, Kind::ipv6);
    default:
      return {Kind::other, {}};
  }
}

/// BSD loopback: an address family in the order of the machine, which is not known.
NetworkPart loopback(std::string_view packet, bool network_order) {
  if (packet.size() < 4) return {Kind::truncated, {}};
  std::uint32_t family = wire::be32(packet, 0);
  if (!network_order && family > 0xFFFF) family = wire::u32(packet, 0, wire::Order::little);
  return by_family(family, packet.substr(4));
}

/// Raw IP, but for the remains of PPP headers that Wireshark looks for in it.
NetworkPart raw(std::string_view packet) {
  constexpr std::uint16_t ppp_address_and_control = 0xFF03;
  if (packet.size() < 8) return {Kind::truncated, {}};
  if (wire::be16(packet, 1) == ppp_address_and_control || wire::be16(packet, 6) == ppp_address_and_control)
    return {Kind::other, {}};
  return by_version(packet);
}

}  // namespace

NetworkPart ethernet_part(std::string_view frame) { return ethernet(frame); }

NetworkPart ethertype_part(std::uint16_t type, std::string_view rest) {
  return type == transparent_ethernet ? ethernet(rest) : by_ethertype(type, rest);
}

NetworkPart ip_part(std::string_view packet) { return by_version(packet); }

NetworkPart network_part(std::uint32_t link_type, std::string_view packet) {
  switch (link_type) {
    case 0:
      return loopback(packet, false);
    case 1:
      return ethernet(packet);
    case 9:
    case 50:
      return ppp(packet);
    case 51:
      return pppoe(packet);
    case 12:
    case 14:
    case 101:
      return raw(packet);
    case 108:
      return loopback(packet, true);
    case 113:
      return cooked(packet, 16, 2, 14);
    case 228:
      return ip(packet, Kind::ipv4);
    case 229:
      return ip(packet, Kind::ipv6);
    case 276:
      return cooked(packet, 20, 8, 0);
    default:
      return {Kind::unknown, {}};
  }
}

}  // namespace flowmeter
