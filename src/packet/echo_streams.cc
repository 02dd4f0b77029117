#include "packet/echo_streams.h"

#include "base/address.h"
#include "base/hash.h"
#include "base/recent_map.h"

namespace flowmeter {

namespace {

struct Key {
  Transport transport;
  Endpoint requester;
  IpAddress responder;

  friend bool operator==(const Key&, const Key&) = default;
};

struct Hash {
  std::size_t operator()(const Key& key) const noexcept {
    return static_cast<std::size_t>(mix(mix(place_of(key.transport), key.requester), key.responder));
  }
};

}  // namespace

/// Their streams.
struct EchoStreams::Conversations : RecentMap<Key, std::uint64_t, Hash> {
  using RecentMap::RecentMap;
};

EchoStreams::EchoStreams(std::size_t remembered)
    : conversations_(std::make_unique<Conversations>(remembered)) {}

EchoStreams::~EchoStreams() = default;

void EchoStreams::begin_segment() { conversations_->clear(); }

std::uint64_t EchoStreams::forgotten() const noexcept { return conversations_->forgotten(); }

std::optional<EchoRole> echo_role(Transport transport, std::uint64_t type) noexcept {
  // RFC 792 and RFC 4443.
  const std::uint64_t request = transport == Transport::icmp ? 8 : 128;
  const std::uint64_t reply = transport == Transport::icmp ? 0 : 129;
  if (type == request) return EchoRole::request;
  if (type == reply) return EchoRole::reply;
  return std::nullopt;
}

bool has_identifier(Transport transport, std::uint64_t type) noexcept {
  if (echo_role(transport, type)) return true;
  // Timestamp, information and address mask (RFC 792, RFC 950), extended echo (RFC 8335): requests and
  // replies.
  if (transport == Transport::icmp) return (type >= 13 && type <= 18) || type == 42 || type == 43;
  return type == 160 || type == 161;
}

std::uint64_t EchoStreams::number(Transport transport, const Endpoint& requester,
                                  const IpAddress& responder) {
  std::uint64_t& next = next_[place_of(transport)];
  const auto [stream, is_new] = conversations_->use({transport, requester, responder}, next);
  if (is_new) ++next;
  return stream;
}

}  // namespace flowmeter
