#pragma once

#include <cstdint>

namespace flowmeter {

/// What Wireshark's dissector for a port remembers across conversations, so that no other tshark may have
/// its frames. Source: the dissectors of 4.0.17 that register a port and call conversation_new, set up
/// media streams or keep templates; those that carry packets and are not in tunnel_ports.h.
enum class ApplicationMemory : std::uint8_t {
  none,
  own,       ///< what came by this port: it concerns frames of this port alone
  announced  ///< other ports and conversations of its hosts, too: it gives them to a protocol or makes them
};

[[nodiscard]] ApplicationMemory udp_application(std::uint16_t port);
[[nodiscard]] ApplicationMemory tcp_application(std::uint16_t port);

/// The RPC port mapper, which announces by its answers alone.
inline constexpr std::uint16_t port_mapper = 111;

}  // namespace flowmeter
