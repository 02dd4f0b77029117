#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "packet/tcp_numbers.h"

namespace flowmeter {

/// By what a tshark tells streams apart that have the same two ends: rules that changed from version to
/// version.
///
/// A UDP stream is all that is sent between two ends. A TCP header goes on with the stream that its ends had
/// last, if there is one, unless it opens another one:
///
/// | tshark                                            | 4.0     | 4.2     | 4.4, 4.6       |
/// | ------------------------------------------------- | ------- | ------- | -------------- |
/// | a SYN opens, if its sender has another number       | yes     | yes     | yes            |
/// | a SYN opens, if its sender has that number and the  | no      | yes     | yes            |
/// | end was seen (see below)                          |         |         |                |
/// | a SYN+ACK, if its sender has another number         | sets it | sets it | opens, as a    |
/// | a SYN+ACK of that number, after the end           | goes on | goes on | SYN does       |
/// | numbers come from segments that are               | whole   | whole   | whole or not   |
///
/// The end: a RST, or a FIN with ACK, since the stream began and since the last SYN of a sender without a
/// number; in any header of 20 bytes and more, even a quoted one. Whole: not part of a datagram that was not
/// reassembled, and not longer than the packet. From what an ICMP error quotes no version takes a number, but
/// a SYN in it opens; what is cut before its flags has no stream.
///
/// There are no rules for 3.4 and 3.6: each sender goes on with the stream that it opened last itself, but
/// not where the two directions fall into one place of a hash table, as conversation_match_exact() of 3.6.2
/// takes them for the same.
///
/// Source: experiments with 3.4.10, 3.6.2, 4.0.17, 4.2.2, 4.4.19 and 4.6.9 (tests/e2e/stream_captures.py and
/// stream_rules.txt); epan/dissectors/packet-tcp.c of 4.0.17 and 4.2.2.
struct StreamRules {
  bool end_counts = false;           ///< a SYN with the known number opens, if the end was seen
  bool syn_ack_opens = false;        ///< a SYN+ACK opens as a SYN does
  bool any_segment_teaches = false;  ///< numbers are taken from segments that are not whole, too

  /// Those of a version; none if they are not known.
  [[nodiscard]] static std::optional<StreamRules> of(int major, int minor) noexcept;

  /// The same for a text such as "4.0.17"; none if it is no version.
  [[nodiscard]] static std::optional<StreamRules> of(std::string_view version) noexcept;

  /// Those of 4.0, for outputs of a tshark that did not leave its version in them.
  [[nodiscard]] static StreamRules usual() noexcept;

  /// Whether a header with these flags opens another stream in some connection.
  [[nodiscard]] bool may_open(std::uint16_t tcp_flags) const noexcept;

  /// Whether a header opens another stream where these are the numbers of the one that its ends had last.
  /// `sender`: the sender's, as of InitialNumbers.
  [[nodiscard]] bool opens(const InitialNumbers& initial, StreamEnd sender, std::uint16_t tcp_flags,
                           const TcpNumbers& numbers) const noexcept;

  /// Adds to the numbers of a stream what a header of it teaches.
  void learn(InitialNumbers& initial, StreamEnd sender, std::uint16_t tcp_flags,
             TcpNumbers numbers) const noexcept;

  /// Adds what later headers taught.
  void append(InitialNumbers& initial, InitialNumbers later) const noexcept;
};

}  // namespace flowmeter
