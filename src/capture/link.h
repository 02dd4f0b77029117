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

}  // namespace flowmeter
