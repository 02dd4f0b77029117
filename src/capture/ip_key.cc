#include "ip_key.h"

#include "bytes.h"

namespace flowmeter {
namespace {

constexpr std::uint8_t kTcp = 6;
constexpr std::uint8_t kIcmp = 1;
constexpr std::uint8_t kIcmpV6 = 58;

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

/// A fragment of these can be dealt by its addresses: no fragment of theirs hides a tunnel.
DealKey fragment_key(std::uint8_t protocol, std::uint64_t hash) {
  const bool plain = protocol == kTcp || protocol == kIcmp || protocol == kIcmpV6;
  return {hash, !plain, DealReason::fragment};
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

constexpr DealKey fixed(DealReason reason, std::uint64_t hash) { return {hash, true, reason}; }

/// Walks IPv6 extension headers from `next` on to what the packet carries.
DealKey walk_extensions(std::uint8_t next, std::string_view rest, std::uint64_t hash) {
  for (;;) {
    const bool extension = next == 0 || next == 43 || next == 44 || next == 60 || next == 139;
    if (!extension) return transport_key(next, rest, hash);
    if (rest.size() < 8) return fixed(DealReason::truncated, hash);
    const std::size_t size = next == 44 ? 8 : (std::size_t{wire::u8(rest, 1)} + 1) * 8;
    if (next == 44 && (wire::be16(rest, 2) & 0xFFF9U) != 0) {
      return fragment_key(wire::u8(rest, 0), hash);
    }
    if (rest.size() < size) return fixed(DealReason::truncated, hash);
    const bool routed = next == 43 && wire::u8(rest, 3) != 0;
    const bool away = next == 60 && has_home_address(rest.substr(2, size - 2));
    if (routed || away) return fixed(DealReason::readdressed, hash);
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
  if (header > 20 && has_source_route(packet.substr(20, header - 20))) {
    return fixed(DealReason::readdressed, hash);
  }
  const std::uint8_t protocol = wire::u8(packet, 9);
  const bool part = (wire::be16(packet, 6) & 0x3FFFU) != 0;  // offset, or more to come
  if (part) return fragment_key(protocol, hash);
  return transport_key(protocol, packet.substr(header), hash);
}

DealKey ipv6_key(std::string_view packet) {
  if (packet.size() < 40) return fixed(DealReason::truncated, 0);
  const std::uint64_t hash = pair_hash(packet.substr(8, 16), packet.substr(24, 16));
  return walk_extensions(wire::u8(packet, 6), packet.substr(40), hash);
}

}  // namespace flowmeter
