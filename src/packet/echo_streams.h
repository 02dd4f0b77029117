#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "base/address.h"
#include "packet/transport.h"

namespace flowmeter {

/// An echo message's part in a conversation.
enum class EchoRole : std::uint8_t { request, reply };

/// The role of an ICMP or ICMPv6 message of that type (icmp.type, icmpv6.type); none if it is no echo.
[[nodiscard]] std::optional<EchoRole> echo_role(Transport transport, std::uint64_t type) noexcept;

/// Whether tshark gives an identifier (icmp.ident, icmpv6.echo.identifier) for messages of that type.
[[nodiscard]] bool has_identifier(Transport transport, std::uint64_t type) noexcept;

/// Numbers ICMP echo conversations, which tshark does not do: one for each requester, responder and
/// identifier, in the order in which they are met. The requester's endpoint has the identifier for its
/// port, as it tells programs on one host apart; the responder's port is 0. Remembers them all.
class EchoStreams {
 public:
  std::uint64_t number(Transport transport, const Endpoint& requester, const IpAddress& responder);

 private:
  struct Key {
    Transport transport;
    Endpoint requester;
    IpAddress responder;

    friend bool operator==(const Key&, const Key&) = default;
  };
  struct Hash {
    std::size_t operator()(const Key& key) const noexcept;
  };

  std::unordered_map<Key, std::uint64_t, Hash> streams_;
  std::uint64_t next_[transport_count]{};
};

}  // namespace flowmeter
