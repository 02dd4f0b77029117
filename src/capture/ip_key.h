#pragma once

#include <cstdint>
#include <string_view>

#include "capture/routing_key.h"

namespace flowmeter {

/// The key of an IPv4 packet, from its header on.
RoutingKey ipv4_key(std::string_view packet);

/// The key of an IPv6 packet, from its header on.
RoutingKey ipv6_key(std::string_view packet);

/// The same in an ICMP error, where tshark keeps the destination in spite of routing headers.
RoutingKey quoted_ipv6_key(std::string_view packet);

/// The key by what an IP header carries. `payload` begins with the header of `protocol`; `hash` is
/// that of the addresses.
RoutingKey transport_key(std::uint8_t protocol, std::string_view payload, std::uint64_t hash);

/// Whether it cannot be told of the first part of a segment if that is a greeting by which a dissector begins
/// a conversation of its own, on any port.
bool hides_greeting(std::string_view tcp);

/// Hash of an unordered pair of addresses, both of 4 or both of 16 bytes.
std::uint64_t pair_hash(std::string_view one, std::string_view other);

}  // namespace flowmeter
