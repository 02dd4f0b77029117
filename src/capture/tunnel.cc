#include "capture/tunnel.h"

#include <algorithm>

#include "capture/bytes.h"

namespace flowmeter {
namespace {

using Kind = NetworkPart::Kind;

constexpr NetworkPart other{Kind::other, {}};
constexpr NetworkPart truncated{Kind::truncated, {}};

/// Behind a header of so many bytes.
template <class Then>
NetworkPart behind(std::string_view bytes, std::size_t header, Then then) {
  return bytes.size() < header ? truncated : then(bytes.substr(header));
}

NetworkPart gre(std::string_view bytes) {
  constexpr std::uint16_t checksum = 0x8000, routing = 0x4000, key = 0x2000, sequence = 0x1000, version = 7;
  if (bytes.size() < 4) return truncated;
  const std::uint16_t flags = wire::be16(bytes, 0);
  if ((flags & (routing | version)) != 0) return other;
  std::size_t header = 4;
  for (const std::uint16_t flag : {checksum, key, sequence}) header += (flags & flag) != 0 ? 4 : 0;
  const std::uint16_t type = wire::be16(bytes, 2);
  return behind(bytes, header, [type](std::string_view rest) { return ethertype_part(type, rest); });
}

NetworkPart geneve(std::string_view bytes) {
  if (bytes.size() < 8) return truncated;
  const std::size_t header = 8 + (wire::u8(bytes, 0) & 0x3FU) * std::size_t{4};
  const std::uint16_t type = wire::be16(bytes, 2);
  return behind(bytes, header, [type](std::string_view rest) { return ethertype_part(type, rest); });
}

NetworkPart gtp(std::string_view bytes) {
  constexpr std::uint8_t optional_fields = 7, extension = 4, user_data = 0xFF;
  if (bytes.size() < 8) return truncated;
  const std::uint8_t flags = wire::u8(bytes, 0);
  if (flags >> 5U != 1 || wire::u8(bytes, 1) != user_data) return other;
  std::size_t header = 8;
  if ((flags & optional_fields) != 0) {
    header += 4;
    if (bytes.size() < header) return truncated;
    std::uint8_t next = (flags & extension) != 0 ? wire::u8(bytes, header - 1) : std::uint8_t{0};
    while (next != 0) {
      if (bytes.size() <= header) return truncated;
      const std::size_t size = wire::u8(bytes, header) * std::size_t{4};
      if (size == 0) return other;
      header += size;
      if (bytes.size() < header) return truncated;
      next = wire::u8(bytes, header - 1);
    }
  }
  return behind(bytes, header, ip_part);
}

/// Indications of where it comes from may stand before the packet.
NetworkPart teredo(std::string_view bytes) {
  if (bytes.size() >= 8 && wire::be16(bytes, 0) == 1) {
    const std::size_t header = std::size_t{13} + wire::u8(bytes, 2) + wire::u8(bytes, 3);
    if (bytes.size() < header) return truncated;
    bytes.remove_prefix(header);
  }
  if (bytes.size() >= 8 && wire::be16(bytes, 0) == 0) bytes.remove_prefix(8);
  return ip_part(bytes);
}

NetworkPart vxlan_gpe(std::string_view bytes) {
  if (bytes.size() < 8) return truncated;
  switch (wire::u8(bytes, 3)) {
    case 1:
    case 2:
      return ip_part(bytes.substr(8));
    case 3:
      return ethernet_part(bytes.substr(8));
    default:
      return other;
  }
}

NetworkPart over_udp(std::uint16_t port, std::string_view bytes) {
  switch (port) {
    case 4789:
    case 8472:
      return behind(bytes, 8, ethernet_part);
    case 4790:
      return vxlan_gpe(bytes);
    case 6081:
      return geneve(bytes);
    case 2152:
      return gtp(bytes);
    case 3544:
      return teredo(bytes);
    case 4341:
      return behind(bytes, 8, ip_part);
    case 4754:
      return gre(bytes);
    case 6635:
      return ethertype_part(mpls_ethertype, bytes);
    default:
      return other;
  }
}

NetworkPart in_udp(std::string_view datagram) {
  if (datagram.size() < 8) return truncated;
  const std::string_view payload = datagram.substr(8);
  const NetworkPart part = over_udp(wire::be16(datagram, 2), payload);
  return part.kind == Kind::other ? over_udp(wire::be16(datagram, 0), payload) : part;
}

}  // namespace

NetworkPart carried_part(std::uint8_t protocol, std::string_view payload) {
  switch (protocol) {
    case 4:
    case 41:
    case 94:
      return ip_part(payload);
    case 17:
      return in_udp(payload);
    case 47:
      return gre(payload);
    case 97:
      return behind(payload, 2, ethernet_part);
    case 137:
      return ethertype_part(mpls_ethertype, payload);
    default:
      return other;
  }
}

}  // namespace flowmeter
