#pragma once

#include <cstdint>

namespace flowmeter {

/// Whether Wireshark takes a datagram with this UDP port for one that carries whole packets.
/// Source: the dissectors of 4.0.17 that hand on to IP, Ethernet or 802.11 and register a port.
bool is_udp_tunnel(std::uint16_t port);

/// The same for TCP.
bool is_tcp_tunnel(std::uint16_t port);

}  // namespace flowmeter
