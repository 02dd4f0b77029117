#include "packet/layer_stack.h"

#include <algorithm>
#include <optional>
#include <span>

namespace flowmeter {
namespace {

/// More distinct values than any capture has; a forged capture must not make the cache grow.
constexpr std::size_t max_plans = 4096;

/// Dissectors that show headers of packets which were not on this wire; tshark leaves these out of its table
/// of conversations. Whatever other messages these protocols have, no other shows headers.
bool tells_of_others(std::string_view token, std::string_view before) {
  if (token == "sflow" || token == "nhrp") return true;  // samples; the packet that caused an error
  if (token == "lcp") return before == "ppp";            // the packet of a protocol that is rejected
  if (token == "gprs-ns") return before == "gprs-ns";    // the message that a status is about
  return false;
}

/// Link layers that LLC stands in.
constexpr std::string_view below_llc[] = {"eth", "vlan", "ieee8021ad", "wlan", "tr",  "fddi",
                                          "fr",  "atm",  "lane",       "fc",   "ipfc"};

bool is_any(std::string_view token, std::span<const std::string_view> names) {
  return std::find(names.begin(), names.end(), token) != names.end();
}

struct Walk {
  LayerStack plan;
  std::string_view before;  // the token before
  std::uint8_t ip_version = 0;
  LayerRole role = LayerRole::packet;
  std::uint8_t depth = 0;           // transports that the token is carried in
  TransportLayer* below = nullptr;  // the transport of the token before
  unsigned* wholes = nullptr;       // where the token before is counted, should another one follow it
  unsigned routing_begin = 0;       // routing headers before the network layer
  bool has_options = false;         // the network layer has destination options

  struct Level {
    LayerRole role;
    std::uint8_t depth;
  };
  std::unordered_map<std::string_view, Level> levels;  // of each token, where it was last

  /// Several packets may stand side by side in a frame; the tokens do not say so. Nothing is carried in
  /// "data", LLC stands in a link layer (else: the next subframe of an A-MSDU), and messages of OpenFlow
  /// stand in "openflow". What follows such a neighbour is as deep as the neighbour.
  void settle(std::string_view token) {
    const auto found = levels.find(token);
    if (found != levels.end()) {
      const bool subframe = token == "llc" && !is_any(before, below_llc);
      const bool message = token.starts_with("openflow_") && before != "openflow";
      if (subframe || message || before == "data") depth = found->second.depth;
      if (subframe) role = found->second.role;
    }
    levels[token] = {role, depth};
  }

  void network(std::uint8_t version) {
    ip_version = version;
    routing_begin = plan.routing_headers;
    has_options = false;
    ++plan.ip_layers;
    ++plan.network_layers[version == 6];
  }

  void transport(Transport transport) {
    const unsigned occurrence = plan.headers[place_of(transport)]++;
    if (occurrence >= no_layer) return;
    const unsigned ip_seen = plan.network_layers[ip_version == 6];
    plan.transports.push_back({transport, static_cast<std::uint8_t>(occurrence), ip_version,
                               static_cast<std::uint8_t>(ip_seen == 0 ? 0 : ip_seen - 1),
                               last(plan.eth_layers), last(plan.vlan_layers), role, depth});
    if (depth != no_layer) ++depth;
    below = &plan.transports.back();
    below->routing_begin = at_most(routing_begin);
    below->routing_end = at_most(plan.routing_headers);
    if (has_options) below->options_occurrence = last(plan.option_layers);
  }

  void destination_options() {
    if (!has_options) ++plan.option_layers;
    has_options = true;
  }

  static std::uint8_t at_most(unsigned count) {
    return static_cast<std::uint8_t>(std::min<unsigned>(count, no_layer - 1U));
  }

  static std::uint8_t last(unsigned layers) {
    return layers == 0 ? no_layer : static_cast<std::uint8_t>(std::min(layers - 1, no_layer - 1U));
  }
};

std::optional<Transport> transport_of(std::string_view token) {
  if (token == "tcp") return Transport::tcp;
  if (token == "udp" || token == "udplite") return Transport::udp;
  if (token == "sctp") return Transport::sctp;
  if (token == "dccp") return Transport::dccp;
  if (token == "icmp") return Transport::icmp;
  if (token == "icmpv6") return Transport::icmpv6;
  return std::nullopt;
}

}  // namespace

LayerStack parse_layers(std::string_view protocols, std::uint8_t implicit_version, TransportSet wanted) {
  Walk walk;
  bool after_mpls = false;
  while (!protocols.empty()) {
    const std::size_t colon = protocols.find(':');
    const std::string_view token = protocols.substr(0, colon);
    protocols.remove_prefix(colon == std::string_view::npos ? protocols.size() : colon + 1);
    walk.settle(token);
    const auto transport = transport_of(token);
    const bool counts = transport && wanted.has(*transport);
    const bool icmp = transport == Transport::icmp || transport == Transport::icmpv6;
    if (after_mpls && (counts || icmp)) {
      walk.plan.implicit_ip = true;
      walk.network(implicit_version);
    }
    after_mpls = token == "mpls";
    if (walk.below != nullptr) walk.below->carried = token;
    walk.below = nullptr;
    // tshark's dissector of IPv4 hands a packet of version 6 over, and shows nothing of it.
    const bool handed_over = token == "ipv6" && walk.wholes == &walk.plan.whole_networks[0];
    if (walk.wholes != nullptr && !handed_over) ++*walk.wholes;
    walk.wholes = nullptr;
    if (token == "ip") {
      walk.network(4);
      ++walk.plan.ipv4_layers;
      walk.wholes = &walk.plan.whole_networks[0];
    } else if (token == "ipv6") {
      walk.network(6);
      walk.wholes = &walk.plan.whole_networks[1];
    } else if (token == "ipv6.routing") {
      ++walk.plan.routing_headers;
    } else if (token == "ipv6.dstopts") {
      walk.destination_options();
    } else if (token == "eth") {
      ++walk.plan.eth_layers;
    } else if (token == "vlan") {
      ++walk.plan.vlan_layers;
    } else if (counts) {
      walk.transport(*transport);
      walk.wholes = &walk.plan.whole_headers[place_of(*transport)];
    }
    if (tells_of_others(token, walk.before)) {
      walk.role = LayerRole::sampled;
    } else if (icmp && walk.role == LayerRole::packet) {
      walk.role = LayerRole::quoted;
    }
    walk.before = token;
  }
  return std::move(walk.plan);
}

const LayerStack& LayerStackCache::find(std::string_view protocols, std::uint8_t implicit_version) {
  if (last_ != nullptr && implicit_version == 4 && last_text_ == protocols) return *last_;
  Cache& cache = cache_[implicit_version == 6];
  auto found = cache.find(protocols);
  if (found == cache.end()) {
    if (cache.size() == max_plans) {
      cache.clear();
      last_ = nullptr;
    }
    found = cache.emplace(protocols, parse_layers(protocols, implicit_version, wanted_)).first;
  }
  if (implicit_version == 4) {
    last_text_ = protocols;
    last_ = &found->second;
  }
  return found->second;
}

}  // namespace flowmeter
