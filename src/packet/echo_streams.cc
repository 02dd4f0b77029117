#include "packet/echo_streams.h"

#include <boost/container_hash/hash.hpp>
#include <boost/multi_index/hashed_index.hpp>
#include <boost/multi_index/member.hpp>
#include <boost/multi_index/sequenced_index.hpp>
#include <boost/multi_index_container.hpp>

namespace flowmeter {

namespace mi = boost::multi_index;

namespace {

struct Key {
  Transport transport;
  Endpoint requester;
  IpAddress responder;

  friend bool operator==(const Key&, const Key&) = default;
};

struct Hash {
  std::size_t operator()(const Key& key) const noexcept {
    std::size_t hash = place_of(key.transport);
    boost::hash_combine(hash, key.requester.port);
    for (const IpAddress& address : {key.requester.address, key.responder}) {
      boost::hash_range(hash, address.bytes.begin(), address.bytes.end());
    }
    return hash;
  }
};

struct Conversation {
  Key key;
  std::uint64_t stream;
};

}  // namespace

/// The longest without a message comes first.
struct EchoStreams::Conversations
    : mi::multi_index_container<
          Conversation,
          mi::indexed_by<mi::sequenced<>,
                         mi::hashed_unique<mi::member<Conversation, Key, &Conversation::key>, Hash>>> {};

EchoStreams::EchoStreams(std::size_t remembered)
    : remembered_(remembered), conversations_(std::make_unique<Conversations>()) {}

EchoStreams::~EchoStreams() = default;

void EchoStreams::begin_segment() { conversations_->clear(); }

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
  const auto [place, is_new] =
      conversations_->push_back({{transport, requester, responder}, next_[place_of(transport)]});
  if (!is_new) {
    conversations_->relocate(conversations_->end(), place);
    return place->stream;
  }
  if (conversations_->size() > remembered_) {
    conversations_->pop_front();
    ++forgotten_;
  }
  return next_[place_of(transport)]++;
}

}  // namespace flowmeter
