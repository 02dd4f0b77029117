#pragma once

#include <cstdint>
#include <string_view>

namespace flowmeter {

/// What kind of frame it was, for the choice of a worker.
enum class RoutingReason : std::uint8_t {
  plain,     ///< one IP header, no tunnel: by its address pair
  quoted,    ///< ICMP error: by the address pair of the packet quoted in it
  fragment,  ///< part of an IP packet: only the first part of a datagram tells whether a tunnel is in it, and
             ///< the other parts may come in one
  tunnel,    ///< carries other packets
  truncated,  ///< cut before it could be told
  not_ip,     ///< no IP, or in a wrapping that is not walked
  protocol,   ///< an IP protocol that may carry anything
  link,       ///< a link type that is not walked
  not_packet  ///< a pcapng block that is a frame but not a packet
};

/// By what a frame is dispatched.
struct RoutingKey {
  std::uint64_t hash = 0;  ///< same for both directions and all frames of a pair of addresses
  bool fixed = true;       ///< goes to the one worker that sees all that is not plain
  RoutingReason reason = RoutingReason::not_ip;
  bool fragment = false;  ///< the frame's own IP packet is part of a datagram, for any reason
  bool unsure = false;    ///< a fragment that is fixed whatever is in it
  bool readdressed =
      false;  ///< a source route, routing header or home address: by other addresses than its header's
  bool application = false;    ///< of an application with a memory: application_ports.h
  bool announces = false;      ///< and what its hosts send each other from now on may be due to it
  std::uint32_t datagram = 0;  ///< of a fragment: the identification that its datagram has

  // Where the TCP or UDP header is, if there is one that was walked to, or a tunnel's; views of the frame.
  std::uint8_t protocol = 0;     ///< 6 or 17, of a tunnel any; 0: there is none
  std::string_view transport{};  ///< from that header on, link padding included
  std::string_view network{};    ///< from the IP header before it on

  /// Whether it goes where its pair of addresses goes, if that has been given a place. So that no
  /// datagram is torn apart, this is so for all UDP fragments, tunnels or not.
  [[nodiscard]] constexpr bool follows() const { return !fixed || unsure; }
};

/// The key of a frame: a well-mixed hash of the unordered pair of the IP addresses by which tshark finds its
/// conversation, the same on every machine. All frames of one 5-tuple have one pair, so one hash; they are
/// all plain or all fixed, except:
/// - datagrams in fragments are fixed while whole ones of the same pair are plain; whoever numbers streams
/// can join
///   the two again.
/// - frames cut before their ports (short snapshot lengths) have no stream anyway.
/// `packet`: the captured bytes. Never throws. Source: RFC 791, 792, 4443, 6554, 8200, 8754;
/// Wireshark 4.0.17.
RoutingKey routing_key(std::uint32_t link_type, std::string_view packet);

/// Makes of a tunnel's key that of the packet in it, as a frame would have that brought it alone: fixed, as
/// not_ip or truncated, if it is not walked (see carried_part()). False: it is no tunnel.
bool enter(RoutingKey& key);

/// Tunnels in each other that are worth entering.
inline constexpr unsigned most_tunnels = 8;

/// The worker of a key out of `workers`, at least 1; what is fixed goes to worker 0.
constexpr unsigned worker_of(const RoutingKey& key, unsigned workers) {
  if (key.fixed) return 0;
  return static_cast<unsigned>(((key.hash >> 32U) * workers) >> 32U);
}

}  // namespace flowmeter
