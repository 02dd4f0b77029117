#pragma once

#include <cstdint>

namespace flowmeter {

/// Whether Wireshark's dissector for this UDP port remembers things across conversations: it gives
/// other ports to a protocol, makes conversations of its own, which changes stream numbers, or
/// needs what was said long before. Source: the dissectors of 4.0.17 that register a port and call
/// conversation_new, set up media streams or keep templates; those that carry packets and are not
/// in tunnel_ports.h.
bool is_udp_application(std::uint16_t port);

/// The same for TCP.
bool is_tcp_application(std::uint16_t port);

}  // namespace flowmeter
