#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "dialect/fields.h"
#include "packet/packet.h"
#include "packet/tcp_numbers.h"

namespace flowmeter {

/// What decides, besides the ports and the TCP flags, which stream tshark takes a header for.
struct StreamFacts {
  /// The two ends by which it finds the conversation. With an IPv6 routing header that is the last hop (but
  /// not in what an ICMP error quotes), with a home address option that address, and not the ipv6.dst or
  /// ipv6.src that is printed.
  Endpoint source, destination;
  TcpNumbers numbers;
};

/// Which of the two ends sent the header.
[[nodiscard]] StreamEnd sender_of(const StreamFacts& facts) noexcept;

/// Reads them from headers.
class StreamFactsReader {
 public:
  /// Adds the fields to `fields`.
  explicit StreamFactsReader(FieldSet& fields);

  /// The one field that it adds whose value comes not of its own frame alone; but where it is read it does.
  static constexpr std::string_view shown_sequence = "tcp.seq";

  /// Of a header. `quoted`: an ICMP error quotes it.
  [[nodiscard]] StreamFacts of(const Packet& header, bool quoted) const;

 private:
  [[nodiscard]] TcpNumbers numbers_of(const Packet& header, bool quoted) const;
  void take_last_hop(const Packet& header, Endpoint& destination) const;
  void take_home_address(const Packet& header, Endpoint& source) const;
  [[nodiscard]] std::string_view hop(const Record& record, std::size_t which) const;

  FieldId sequence_, acknowledgement_, shown_sequence_, bytes_;
  FieldId routing_type_, segments_left_, last_entry_, home_address_;
  /// Addresses in routing headers of type 0, 2, 3, and 4.
  std::array<FieldId, 5> hops_{};
};

}  // namespace flowmeter
