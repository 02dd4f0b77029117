#include "capture/ip_key.h"

#include <algorithm>
#include <array>

#include "base/hash.h"
#include "capture/bytes.h"

namespace flowmeter {
namespace {

constexpr std::uint8_t tcp_protocol = 6;
constexpr std::uint8_t udp_protocol = 17;
constexpr std::uint8_t udplite_protocol = 136;
constexpr std::size_t ipv6_bytes = 16;  // of an address

std::uint64_t address_hash(std::string_view address) {
  if (address.size() == 4) return mix(wire::be32(address, 0));
  return mix(wire::be64(address, 0) ^ mix(wire::be64(address, 8)));
}

/// Part of a datagram. `payload`: what the first part has behind the header; empty for others.
RoutingKey fragment_key(std::uint8_t protocol, std::uint32_t datagram, std::string_view payload,
                        std::uint64_t hash) {
  RoutingKey key{hash, true, RoutingReason::fragment};
  key.fragment = key.unsure = true;
  const bool has_ports = protocol == tcp_protocol || protocol == udp_protocol || protocol == udplite_protocol;
  const bool hidden = protocol == tcp_protocol && !payload.empty() && hides_greeting(payload);
  key.application = hidden || (has_ports && transport_key(protocol, payload, hash).application);
  key.announces = key.application;  // the other parts have no ports to be told by
  key.datagram = datagram;
  return key;
}

/// By other addresses than those in its header, which is not to be read.
RoutingKey readdressed(RoutingKey key) {
  key.readdressed = true;
  if (key.reason != RoutingReason::tunnel) {
    key.protocol = 0;
    key.transport = {};
  }
  return key;
}

/// The last hop of a loose or strict source route, which tshark takes for the destination unless the route is
/// used up or makes no sense; empty: there is none.
std::string_view last_hop(std::string_view options) {
  constexpr std::uint8_t loose = 131, strict = 137, no_operation = 1, first_hop = 4;
  while (!options.empty() && wire::u8(options, 0) != 0) {
    const std::uint8_t type = wire::u8(options, 0);
    if (type == no_operation) {
      options.remove_prefix(1);
      continue;
    }
    const std::size_t size = options.size() < 2 ? 0 : wire::u8(options, 1);
    if (size < 2 || size > options.size()) return {};
    if (type == loose || type == strict) {
      const std::size_t pointer = size < 3 ? 0 : wire::u8(options, 2);
      if (pointer < first_hop || pointer % 4 != 0 || pointer > size) return {};
      return options.substr(size - 4, 4);
    }
    options.remove_prefix(size);
  }
  return {};
}

/// The home address (Mobile IPv6) in a destination options header; empty: there is none.
std::string_view home_address(std::string_view options) {
  constexpr std::uint8_t option = 201;
  std::string_view home;
  while (options.size() >= 2) {
    const std::uint8_t type = wire::u8(options, 0);
    if (type == option && options.size() >= 2 + ipv6_bytes) home = options.substr(2, ipv6_bytes);
    const std::size_t size = type == 0 ? 1 : std::size_t{2} + wire::u8(options, 1);
    if (size > options.size()) break;
    options.remove_prefix(size);
  }
  return home;
}

/// An IPv6 address that a routing header may lead to.
struct Hop {
  std::array<char, ipv6_bytes> bytes{};
  bool found = false;
};

/// The last hop of a routing header for low-power networks (RFC 6554), which leaves out what it has in common
/// with the destination.
Hop last_rpl_hop(std::string_view header, std::string_view destination) {
  const std::size_t inner = ipv6_bytes - (wire::u8(header, 4) >> 4U);
  const std::size_t last = ipv6_bytes - (wire::u8(header, 4) & 0x0FU);
  const std::size_t padding = wire::u8(header, 5) >> 4U;
  const std::size_t addresses = header.size() - 8;
  if (addresses == 0 || addresses < padding + last) return {};
  const std::size_t before = (addresses - padding - last) / inner * inner;
  Hop hop;
  std::copy_n(destination.data(), ipv6_bytes, hop.bytes.begin());
  std::copy_n(header.data() + 8 + before, last, hop.bytes.end() - static_cast<std::ptrdiff_t>(last));
  hop.found = true;
  return hop;
}

/// Where a routing header leads to, which tshark takes for the destination, if there are hops left.
Hop last_hop6(std::string_view header, std::string_view destination) {
  constexpr std::uint8_t source_route = 0, mobile = 2, rpl = 3, segments = 4;
  if (wire::u8(header, 3) == 0) return {};
  const std::uint8_t type = wire::u8(header, 2);
  if (type == rpl) return last_rpl_hop(header, destination);
  const std::size_t addresses = (header.size() - 8) / ipv6_bytes;
  if (addresses == 0 || (type != source_route && type != mobile && type != segments)) return {};
  Hop hop;
  const std::size_t place = type == source_route ? addresses - 1 : 0;
  std::copy_n(header.data() + 8 + place * ipv6_bytes, ipv6_bytes, hop.bytes.begin());
  hop.found = true;
  return hop;
}

/// The key says in which packet its transport header was found: that may be one that is quoted.
RoutingKey within(std::string_view packet, RoutingKey key) {
  if (key.network.empty()) key.network = packet;
  return key;
}

constexpr RoutingKey fixed(RoutingReason reason, std::uint64_t hash) { return {hash, true, reason}; }

/// The key of an IPv6 fragment, from its fragment header on.
RoutingKey fragment6_key(std::string_view header, std::uint64_t hash) {
  const bool first = (wire::be16(header, 2) & 0xFFF8U) == 0;
  return fragment_key(wire::u8(header, 0), wire::be32(header, 4),
                      first ? header.substr(8) : std::string_view{}, hash);
}

/// Walks IPv6 extension headers from `next` on to what the packet carries, and takes note of other addresses.
RoutingKey walk_extensions(std::uint8_t next, std::string_view rest, std::string_view source,
                           std::string_view destination, bool quoted) {
  bool moved = false;
  Hop hop;
  std::uint64_t hash = pair_hash(source, destination);
  const auto as_found = [&moved](const RoutingKey& key) { return moved ? readdressed(key) : key; };
  for (;;) {
    const bool extension = next == 0 || next == 43 || next == 44 || next == 60 || next == 139;
    if (!extension) return as_found(transport_key(next, rest, hash));
    if (rest.size() < 8) return as_found(fixed(RoutingReason::truncated, hash));
    const std::size_t size = next == 44 ? 8 : (std::size_t{wire::u8(rest, 1)} + 1) * 8;
    if (next == 44 && (wire::be16(rest, 2) & 0xFFF9U) != 0) {
      return as_found(fragment6_key(rest, hash));
    }
    if (rest.size() < size) return as_found(fixed(RoutingReason::truncated, hash));
    if (next == 43 && !quoted) {
      if (const Hop found = last_hop6(rest.substr(0, size), destination); found.found) {
        hop = found;
        destination = {hop.bytes.data(), hop.bytes.size()};
        moved = true;
      }
    } else if (next == 60) {
      if (const std::string_view home = home_address(rest.substr(2, size - 2)); !home.empty()) {
        source = home;
        moved = true;
      }
    }
    if (moved) hash = pair_hash(source, destination);
    next = wire::u8(rest, 0);
    rest.remove_prefix(size);
  }
}

RoutingKey walk_ipv6(std::string_view packet, bool quoted) {
  if (packet.size() < 40) return fixed(RoutingReason::truncated, 0);
  return within(packet, walk_extensions(wire::u8(packet, 6), packet.substr(40), packet.substr(8, ipv6_bytes),
                                        packet.substr(24, ipv6_bytes), quoted));
}

}  // namespace

std::uint64_t pair_hash(std::string_view one, std::string_view other) {
  return mix(address_hash(one) + address_hash(other));
}

RoutingKey ipv4_key(std::string_view packet) {
  if (packet.size() < 20) return fixed(RoutingReason::truncated, 0);
  const std::size_t header = (wire::u8(packet, 0) & 0x0FU) * std::size_t{4};
  const std::string_view source = packet.substr(12, 4), sent_to = packet.substr(16, 4);
  if (header < 20 || packet.size() < header)
    return fixed(RoutingReason::truncated, pair_hash(source, sent_to));
  const std::string_view hop = last_hop(packet.substr(20, header - 20));
  const std::uint64_t hash = pair_hash(source, hop.empty() ? sent_to : hop);
  const std::string_view payload = packet.substr(header);
  const std::uint8_t protocol = wire::u8(packet, 9);
  const std::uint16_t place = wire::be16(packet, 6) & 0x3FFFU;  // offset, or more to come
  const bool first = (place & 0x1FFFU) == 0;
  const RoutingKey key =
      place == 0 ? transport_key(protocol, payload, hash)
                 : fragment_key(protocol, wire::be16(packet, 4), first ? payload : std::string_view{}, hash);
  return hop.empty() ? within(packet, key) : readdressed(key);
}

RoutingKey ipv6_key(std::string_view packet) { return walk_ipv6(packet, false); }

RoutingKey quoted_ipv6_key(std::string_view packet) { return walk_ipv6(packet, true); }

}  // namespace flowmeter
