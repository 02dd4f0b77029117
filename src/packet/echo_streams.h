#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

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
/// port, as it tells programs on one host apart; the responder's port is 0.
/// Remembers so many of them; beyond that the one longest without a message is forgotten, and what comes
/// of it later is a new one.
class EchoStreams {
 public:
  static constexpr std::size_t most_remembered = std::size_t{1} << 20;

  explicit EchoStreams(std::size_t remembered = most_remembered);
  ~EchoStreams();

  std::uint64_t number(Transport transport, const Endpoint& requester, const IpAddress& responder);

  /// Messages that follow are of other conversations, whatever they look like.
  void begin_segment();

  /// Conversations that had to be forgotten.
  [[nodiscard]] std::uint64_t forgotten() const noexcept;

 private:
  struct Conversations;

  std::unique_ptr<Conversations> conversations_;
  std::uint64_t next_[transport_count]{};
};

}  // namespace flowmeter
