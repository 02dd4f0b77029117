#include "packet/layers.h"

namespace flowmeter {
namespace {

/// More distinct values than any capture has; a forged capture must not make the cache grow.
constexpr std::size_t max_plans = 4096;

struct Walk {
  LayerPlan plan;
  std::uint8_t ip_version = 0;
  std::uint8_t next_ip[2] = {0, 0};  // occurrences seen of ip, ipv6
  bool quoted = false;

  void network(std::uint8_t version) {
    ip_version = version;
    ++plan.ip_layers;
    ++next_ip[version == 6];
  }

  void transport(Transport transport) {
    unsigned& seen = transport == Transport::tcp ? plan.tcp_layers : plan.udp_layers;
    const auto occurrence = static_cast<std::uint8_t>(seen++);
    if (seen > 0xff) return;
    const auto ip_seen = next_ip[ip_version == 6];
    (quoted ? plan.quoted : plan.transports)
        .push_back({transport, occurrence, ip_version,
                    static_cast<std::uint8_t>(ip_seen == 0 ? 0 : ip_seen - 1)});
    if (quoted) return;
    (transport == Transport::tcp ? plan.counted_tcp : plan.counted_udp) = true;
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
    if (token == "ip") {
      walk.network(4);
      ++walk.plan.ipv4_layers;
    } else if (token == "ipv6") {
      walk.network(6);
    } else if (icmp) {
      walk.quoted = true;
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
