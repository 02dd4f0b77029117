#include "capture/routing_key.h"

#include "capture/ip_key.h"
#include "capture/link.h"
#include "capture/tunnel.h"

namespace flowmeter {
namespace {

RoutingKey key_of(const NetworkPart& part) {
  switch (part.kind) {
    case NetworkPart::Kind::ipv4:
      return ipv4_key(part.bytes);
    case NetworkPart::Kind::ipv6:
      return ipv6_key(part.bytes);
    case NetworkPart::Kind::truncated:
      return {0, true, RoutingReason::truncated};
    case NetworkPart::Kind::other:
      return {0, true, RoutingReason::not_ip};
    case NetworkPart::Kind::unknown:
      break;
  }
  return {0, true, RoutingReason::link};
}

}  // namespace

RoutingKey routing_key(std::uint32_t link_type, std::string_view packet) {
  return key_of(network_part(link_type, packet));
}

bool enter(RoutingKey& key) {
  if (key.reason != RoutingReason::tunnel) return false;
  key = key_of(carried_part(key.protocol, key.transport));
  return true;
}

}  // namespace flowmeter
