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

/// Whether the sender is the lower one of the two ends.
[[nodiscard]] bool is_low(const StreamFacts& facts) noexcept;

/// The sender's side, as InitialNumbers are kept: 0 for the lower end, 1 for the higher.
[[nodiscard]] inline std::size_t side_of(const StreamFacts& facts) noexcept { return is_low(facts) ? 0 : 1; }

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
