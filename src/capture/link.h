#pragma once

#include <cstdint>
#include <string_view>

namespace flowmeter {

/// What a link layer carries.
struct NetworkPart {
  enum class Kind : std::uint8_t {
    ipv4,
    ipv6,
    other,      ///< no IP, or wrapped in something that is not walked here
    truncated,  ///< cut before this can be said
    unknown     ///< the link type is not walked here
  };
  Kind kind;
  std::string_view bytes;  ///< ipv4, ipv6: from the IP header on, link padding included
};

/// Finds the IP packet of a frame: through Ethernet with any stack of VLAN tags, MPLS labels and
/// PPPoE, 802.3 with LLC or SNAP, raw IP, BSD loopback, Linux cooked (both versions) and PPP.
/// `link_type`: LINKTYPE_ value. The view lives as long as `packet`.
/// Source: the dissectors of Wireshark 4.0.17; what they treat specially is `other` here.
NetworkPart network_part(std::uint32_t link_type, std::string_view packet);

// The same for what tunnels carry.

inline constexpr std::uint16_t mpls_ethertype = 0x8847, transparent_ethernet = 0x6558;

/// From an Ethernet header on.
NetworkPart ethernet_part(std::string_view frame);

/// What an Ethernet type announces; that may be an Ethernet frame.
NetworkPart ethertype_part(std::uint16_t type, std::string_view rest);

/// An IP packet of either version.
NetworkPart ip_part(std::string_view packet);

}  // namespace flowmeter
