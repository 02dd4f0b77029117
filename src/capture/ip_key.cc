#include "capture/ip_key.h"

#include "capture/bytes.h"

namespace flowmeter {
namespace {

constexpr std::uint8_t tcp_protocol = 6;
constexpr std::uint8_t icmp_protocol = 1;
constexpr std::uint8_t udp_protocol = 17;
constexpr std::uint8_t udplite_protocol = 136;
constexpr std::uint8_t icmpv6_protocol = 58;

/// The finalizer of MurmurHash3 in its splitmix64 form: every bit in touches every bit out.
constexpr std::uint64_t mix(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15U;
  x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9U;
  x = (x ^ (x >> 27U)) * 0x94D049BB133111EBU;
  return x ^ (x >> 31U);
}

std::uint64_t address_hash(std::string_view address) {
  if (address.size() == 4) return mix(wire::be32(address, 0));
  return mix(wire::be64(address, 0) ^ mix(wire::be64(address, 8)));
}

/// Part of a datagram. TCP and ICMP can be dealt by their addresses: no fragment of theirs hides a
/// tunnel. `payload`: what the first part has behind the header; empty for others.
DealKey fragment_key(std::uint8_t protocol, std::uint32_t datagram, std::string_view payload,
                     std::uint64_t hash) {
  const bool plain = protocol == tcp_protocol || protocol == icmp_protocol || protocol == icmpv6_protocol;
  DealKey key{hash, !plain, DealReason::fragment};
  key.fragment = true;
  key.unsure = protocol == udp_protocol || protocol == udplite_protocol;
  const bool has_ports = protocol == tcp_protocol || key.unsure;
  key.application = has_ports && transport_key(protocol, payload, hash).application;
  key.announces = key.application;  // the other parts have no ports to be told by
  key.datagram = datagram;
  return key;
}

/// A key by the addresses in a header that tshark does not take.
DealKey readdressed(const DealKey& key) {
  DealKey other{key.hash, true, DealReason::readdressed};
  other.fragment = key.fragment;
  other.datagram = key.datagram;
  return other;
}

/// Loose or strict source routes: tshark takes the last hop for the destination.
bool has_source_route(std::string_view options) {
  while (!options.empty() && wire::u8(options, 0) != 0) {
    const std::uint8_t type = wire::u8(options, 0);
    if (type == 131 || type == 137) return true;
    const std::size_t size = type == 1 || options.size() < 2 ? 1 : wire::u8(options, 1);
    if (size == 0 || size > options.size()) return false;
    options.remove_prefix(size);
  }
  return false;
}

/// A home address option (Mobile IPv6) in a destination options header.
bool has_home_address(std::string_view options) {
  while (options.size() >= 2) {
    const std::uint8_t type = wire::u8(options, 0);
    if (type == 201) return true;
    const std::size_t size = type == 0 ? 1 : std::size_t{2} + wire::u8(options, 1);
    if (size > options.size()) return false;
    options.remove_prefix(size);
  }
  return false;
}

/// The key says in which packet its transport header was found: that may be one that is quoted.
DealKey within(std::string_view packet, DealKey key) {
  if (key.network.empty()) key.network = packet;
  return key;
}

constexpr DealKey fixed(DealReason reason, std::uint64_t hash) { return {hash, true, reason}; }

/// The key of an IPv6 fragment, from its fragment header on.
DealKey fragment6_key(std::string_view header, std::uint64_t hash) {
  const bool first = (wire::be16(header, 2) & 0xFFF8U) == 0;
  return fragment_key(wire::u8(header, 0), wire::be32(header, 4),
                      first ? header.substr(8) : std::string_view{}, hash);
}

/// Walks IPv6 extension headers from `next` on to what the packet carries.
DealKey walk_extensions(std::uint8_t next, std::string_view rest, std::uint64_t hash) {
  bool moved = false;
  const auto as_found = [&moved](const DealKey& key) { return moved ? readdressed(key) : key; };
  for (;;) {
    const bool extension = next == 0 || next == 43 || next == 44 || next == 60 || next == 139;
    if (!extension) return as_found(transport_key(next, rest, hash));
    if (rest.size() < 8) return as_found(fixed(DealReason::truncated, hash));
    const std::size_t size = next == 44 ? 8 : (std::size_t{wire::u8(rest, 1)} + 1) * 8;
    if (next == 44 && (wire::be16(rest, 2) & 0xFFF9U) != 0) {
      return as_found(fragment6_key(rest, hash));
    }
    if (rest.size() < size) return as_found(fixed(DealReason::truncated, hash));
    const bool routed = next == 43 && wire::u8(rest, 3) != 0;
    const bool away = next == 60 && has_home_address(rest.substr(2, size - 2));
    moved = moved || routed || away;
    next = wire::u8(rest, 0);
    rest.remove_prefix(size);
  }
}

}  // namespace

std::uint64_t pair_hash(std::string_view one, std::string_view other) {
  return mix(address_hash(one) + address_hash(other));
}

DealKey ipv4_key(std::string_view packet) {
  if (packet.size() < 20) return fixed(DealReason::truncated, 0);
  const std::size_t header = (wire::u8(packet, 0) & 0x0FU) * std::size_t{4};
  const std::uint64_t hash = pair_hash(packet.substr(12, 4), packet.substr(16, 4));
  if (header < 20 || packet.size() < header) return fixed(DealReason::truncated, hash);
  const std::string_view payload = packet.substr(header);
  const std::uint8_t protocol = wire::u8(packet, 9);
  const std::uint16_t place = wire::be16(packet, 6) & 0x3FFFU;  // offset, or more to come
  const bool first = (place & 0x1FFFU) == 0;
  const DealKey key =
      place == 0 ? transport_key(protocol, payload, hash)
                 : fragment_key(protocol, wire::be16(packet, 4), first ? payload : std::string_view{}, hash);
  const bool routed = header > 20 && has_source_route(packet.substr(20, header - 20));
  return routed ? readdressed(key) : within(packet, key);
}

DealKey ipv6_key(std::string_view packet) {
  if (packet.size() < 40) return fixed(DealReason::truncated, 0);
  const std::uint64_t hash = pair_hash(packet.substr(8, 16), packet.substr(24, 16));
  return within(packet, walk_extensions(wire::u8(packet, 6), packet.substr(40), hash));
}

}  // namespace flowmeter
