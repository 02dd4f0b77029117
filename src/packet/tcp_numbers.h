#pragma once

#include <cstdint>
#include <tuple>

#include "packet/direction.h"
#include "packet/packet.h"

namespace flowmeter {

/// What of a TCP header decides whether a connection begins anew: tcp.seq_raw and tcp.ack_raw.
struct TcpNumbers {
  std::uint32_t sequence = 0;
  std::uint32_t acknowledgement = 0;
  bool known = false;   ///< false: the header has none (it is cut, or UDP's)
  bool teaches = true;  ///< tshark takes initial numbers from it: not if an ICMP error quotes it, if it is
                        ///< part of a datagram that is not whole, or longer than its packet
};

/// Whether it is a SYN without ACK, which alone may open a connection anew.
[[nodiscard]] constexpr bool opens(const Packet& packet) noexcept {
  return (packet.tcp_flags & (tcp_flag::syn | tcp_flag::ack)) == tcp_flag::syn;
}

/// The sequence number before the first byte of each end of a connection, as tshark takes it
/// (epan/dissectors/packet-tcp.c of 4.0): from a SYN, else what comes before the first byte seen; the other
/// end's from an acknowledgement. A SYN+ACK sets its own anew, if there is one, even where it is only
/// quoted.
class InitialNumbers {
 public:
  void learn(StreamEnd sender, std::uint16_t tcp_flags, const TcpNumbers& numbers) noexcept {
    const bool syn = (tcp_flags & tcp_flag::syn) != 0, ack = (tcp_flags & tcp_flag::ack) != 0;
    if (syn && ack && origin_[sender] != Origin::none) number_[sender] = numbers.sequence;
    if (!numbers.teaches) return;
    if (origin_[sender] == Origin::none) {
      number_[sender] = numbers.sequence - (syn ? 0 : 1);
      origin_[sender] = Origin::guess;
    }
    if (syn) origin_[sender] = Origin::syn;
    const StreamEnd other = opposite(sender);
    if (ack && origin_[other] == Origin::none) {
      number_[other] = numbers.acknowledgement - 1;
      origin_[other] = Origin::guess;
    }
  }

  /// Whether a SYN with that number from that end opens another connection.
  [[nodiscard]] bool contradict(StreamEnd sender, std::uint32_t sequence) const noexcept {
    return origin_[sender] != Origin::none && number_[sender] != sequence;
  }

  /// Whether a header that is seen next, with these flags and numbers from that end, may do what depends on
  /// what was seen before these: open another connection, or set a number.
  [[nodiscard]] bool may_matter(StreamEnd sender, std::uint16_t tcp_flags,
                                const TcpNumbers& numbers) const noexcept {
    const bool syn = (tcp_flags & tcp_flag::syn) != 0, ack = (tcp_flags & tcp_flag::ack) != 0;
    if (!syn) return numbers.teaches && origin_[sender] == Origin::none;
    return origin_[sender] != Origin::syn || (ack && number_[sender] != numbers.sequence);
  }

  /// Adds what packets after these have taught.
  void append(const InitialNumbers& later) noexcept {
    for (const StreamEnd sender : stream_ends) {
      if (origin_[sender] != Origin::none && later.origin_[sender] != Origin::syn) continue;
      number_[sender] = later.number_[sender];
      origin_[sender] = later.origin_[sender];
    }
  }

  static constexpr auto members() { return std::tuple(&InitialNumbers::number_, &InitialNumbers::origin_); }

 private:
  enum class Origin : std::uint8_t { none, guess, syn };

  PerStreamEnd<std::uint32_t> number_;
  PerStreamEnd<Origin> origin_;
};

}  // namespace flowmeter
