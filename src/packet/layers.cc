#include "packet/layers.h"

#include <algorithm>

namespace flowmeter {
namespace {

/// More distinct values than any capture has; a forged capture must not make the cache grow.
constexpr std::size_t max_plans = 4096;

struct Walk {
  LayerPlan plan;
  std::uint8_t ip_version = 0;
  bool quoted = false;
  TransportLayer* below = nullptr;  // the transport of the token before

  void network(std::uint8_t version) {
    ip_version = version;
    ++plan.ip_layers;
    ++plan.network_layers[version == 6];
  }

  void transport(Transport transport) {
    unsigned& seen = transport == Transport::tcp ? plan.tcp_layers : plan.udp_layers;
    const unsigned occurrence = seen++;
    if (occurrence >= no_layer) return;
    const unsigned ip_seen = plan.network_layers[ip_version == 6];
    auto& layers = quoted ? plan.quoted : plan.transports;
    layers.push_back({transport, static_cast<std::uint8_t>(occurrence), ip_version,
                      static_cast<std::uint8_t>(ip_seen == 0 ? 0 : ip_seen - 1),
                      last(plan.eth_layers), last(plan.vlan_layers)});
    below = &layers.back();
    if (quoted) return;
    (transport == Transport::tcp ? plan.counted_tcp : plan.counted_udp) = true;
  }

  static std::uint8_t last(unsigned layers) {
    return layers == 0 ? no_layer : static_cast<std::uint8_t>(std::min(layers - 1, no_layer - 1U));
  }
};

}  // namespace

LayerPlan plan_layers(std::string_view protocols, std::uint8_t implicit_version) {
  Walk walk;
  bool after_mpls = false;
  while (!protocols.empty()) {
    const std::size_t colon = protocols.find(':');
    const std::string_view token = protocols.substr(0, colon);
    protocols.remove_prefix(colon == std::string_view::npos ? protocols.size() : colon + 1);
    const bool tcp = token == "tcp", udp = token == "udp" || token == "udplite";
    const bool icmp = token == "icmp" || token == "icmpv6";
    if (after_mpls && (tcp || udp || icmp)) {
      walk.plan.implicit_ip = true;
      walk.network(implicit_version);
    }
    after_mpls = token == "mpls";
    if (walk.below != nullptr) walk.below->carried = token;
    walk.below = nullptr;
    if (token == "ip") {
      walk.network(4);
      ++walk.plan.ipv4_layers;
    } else if (token == "ipv6") {
      walk.network(6);
    } else if (icmp) {
      walk.quoted = true;
    } else if (token == "eth") {
      ++walk.plan.eth_layers;
    } else if (token == "vlan") {
      ++walk.plan.vlan_layers;
    } else if (tcp || udp) {
      walk.transport(tcp ? Transport::tcp : Transport::udp);
    }
  }
  return std::move(walk.plan);
}

const LayerPlan& LayerPlans::find(std::string_view protocols, std::uint8_t implicit_version) {
  if (last_ != nullptr && implicit_version == 4 && last_text_ == protocols) return *last_;
  Cache& cache = cache_[implicit_version == 6];
  auto found = cache.find(protocols);
  if (found == cache.end()) {
    if (cache.size() == max_plans) {
      cache.clear();
      last_ = nullptr;
    }
    found = cache.emplace(protocols, plan_layers(protocols, implicit_version)).first;
  }
  if (implicit_version == 4) {
    last_text_ = protocols;
    last_ = &found->second;
  }
  return found->second;
}

}  // namespace flowmeter
