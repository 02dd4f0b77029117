#pragma once

#include <cstdint>
#include <string_view>

#include "capture/link.h"

namespace flowmeter {

/// Finds the IP packet in a tunnel: IP in IP, GRE, EtherIP, MPLS in IP, and over UDP VXLAN, Geneve, GTP-U,
/// Teredo, LISP, GRE and MPLS. `protocol`: the IP protocol; `payload`: from its header on, of UDP from the
/// UDP header on. What is encrypted, or in a tunnel of another kind, is `other`. The view lives as long as
/// `payload`.
NetworkPart carried_part(std::uint8_t protocol, std::string_view payload);

}  // namespace flowmeter
