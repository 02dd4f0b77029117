#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "packet/packet.h"

namespace flowmeter {

/// No layer of that kind.
inline constexpr std::uint8_t no_layer = 0xff;

/// What a transport header is to its frame.
enum class LayerRole : std::uint8_t {
  packet,   ///< a packet on this wire
  quoted,   ///< of a packet that an ICMP error quotes
  sampled,  ///< of a packet that something else tells of: a sample of sFlow, what a peer rejects
};

/// One transport header, found in frame.protocols: which of the frame's tcp.* or udp.* values are its own,
/// and which of the ip.* or ipv6.* values are its addresses.
struct TransportLayer {
  Transport transport;
  std::uint8_t occurrence;                 ///< k: the k-th value of tcp.* or udp.*
  std::uint8_t ip_version;                 ///< 4 or 6: family of the nearest network layer before it; 0: none
  std::uint8_t ip_occurrence;              ///< the k-th value of ip.* or ipv6.*
  std::uint8_t eth_occurrence = no_layer;  ///< the nearest eth layer before it: the k-th value of eth.*
  std::uint8_t vlan_occurrence = no_layer;  ///< likewise for vlan.*
  LayerRole role = LayerRole::packet;
  std::uint8_t depth = 0;  ///< transports that it is carried in; neighbours in a frame (A-MSDU) have the same
  std::string carried{};   ///< the token after it: what it carries ("http"); empty for nothing

  // Of its network layer, if that is IPv6: which of the frame's routing headers, from `routing_begin` up to
  // but without `routing_end`, and its place among those layers that have destination options.
  std::uint8_t routing_begin = 0, routing_end = 0;
  std::uint8_t options_occurrence = no_layer;

  /// Whether the header must be whole, since something follows it.
  [[nodiscard]] bool is_whole() const noexcept { return !carried.empty(); }
};

/// The transports of a frame, from its frame.protocols ("eth:ethertype:ip:udp:vxlan:eth:...").
/// Those that are no packets of the frame do take their place in the counting.
struct LayerStack {
  std::vector<TransportLayer> transports;           ///< in the order of the frame
  unsigned ipv4_layers = 0;                         ///< ip tokens
  unsigned ip_layers = 0;                           ///< ip and ipv6 tokens, and layers that are not named
  std::array<unsigned, transport_count> headers{};  ///< tokens by place_of(), whatever their role
  unsigned network_layers[2]{};                     ///< IPv4 and IPv6, layers that are not named too
  std::array<unsigned, transport_count> whole_headers{};  ///< of the tokens, those that another one follows
  unsigned whole_networks[2]{};                           ///< likewise
  unsigned eth_layers = 0;
  unsigned vlan_layers = 0;
  unsigned routing_headers = 0;  ///< ipv6.routing tokens
  unsigned option_layers = 0;    ///< ipv6 tokens that ipv6.dstopts tokens belong to
  bool implicit_ip = false;      ///< a network layer is not named (MPLS since 4.2: "mpls:tcp")
};

/// Reads frame.protocols. `implicit_version`: family taken for network layers that are not named.
/// Only transports among `wanted` are looked at.
[[nodiscard]] LayerStack parse_layers(std::string_view protocols, std::uint8_t implicit_version,
                                      TransportSet wanted = tcp_and_udp);

/// Remembers the plans: a capture has few distinct frame.protocols.
class LayerStackCache {
 public:
  explicit LayerStackCache(TransportSet wanted = tcp_and_udp) : wanted_(wanted) {}

  /// Valid until the next call.
  const LayerStack& find(std::string_view protocols, std::uint8_t implicit_version = 4);

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>{}(text);
    }
  };
  using Cache = std::unordered_map<std::string, LayerStack, Hash, std::equal_to<>>;

  const TransportSet wanted_;
  Cache cache_[2];  // by implicit version
  std::string last_text_;
  const LayerStack* last_ = nullptr;
};

}  // namespace flowmeter
