#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace flowmeter {

/// Which dissectors to switch off, so that tshark stops at the transport layer.
struct TransportProfile {
  std::vector<std::string> disabled;  ///< filter names, sorted
  std::vector<std::string> kept;      ///< dissectors over TCP or UDP that stay on, sorted
  std::string disabled_protos;        ///< text of tshark's file of that name, one name a line
  std::string heuristic_protos;       ///< text of tshark's file of that name, `NAME,0` lines

  /// Whether the tables said anything: without a profile tshark would run with all its dissectors.
  [[nodiscard]] bool empty() const noexcept { return disabled.empty(); }
};

/// Works the profile out from the tables that tshark prints: `tshark -G decodes`,
/// `-G heuristic-decodes` and `-G protocols`.
///
/// Off goes what TCP or UDP hand their payload to, by port or by heuristics. What is only reachable
/// behind that is not reached any more, and needs no entry. On stay
/// - tunnels and other carriers of packets, by a list of names;
/// - what a link or network layer hands packets to as well (GRE, L2TP, MPLS, SCTP, ...);
/// - what has a table of its own that leads to IP, Ethernet, PPP, LLC or 802.11, such as
///   `vxlan.next_proto`.
///
/// So a packet keeps all its transports, except those that an application shows inside its messages
/// (sFlow, OpenFlow, RPCAP). Streams that an application's dissector would split (SNMP, VNC) stay
/// whole. Only names that this tshark has are written. Lines that are no table rows are skipped.
[[nodiscard]] TransportProfile derive_transport_profile(std::string_view g_decodes,
                                                        std::string_view g_heuristic_decodes,
                                                        std::string_view g_protocols);

}  // namespace flowmeter
