#pragma once

#include <algorithm>
#include <cstdint>
#include <tuple>

#include "packet/direction.h"
#include "packet/packet.h"

namespace flowmeter {

/// What of a TCP header decides whether a connection begins anew: tcp.seq_raw and tcp.ack_raw.
struct TcpNumbers {
  /// Which tsharks take initial numbers from it, see StreamRules.
  enum class Teaches : std::uint8_t {
    none,          ///< an ICMP error quotes it
    some_tsharks,  ///< it is part of a datagram that is not whole, or longer than its packet
    all
  };

  std::uint32_t sequence = 0;
  std::uint32_t acknowledgement = 0;
  bool known = false;  ///< false: the header has none (it is cut, or UDP's)
  Teaches teaches = Teaches::all;
};

/// The sequence number before the first byte of each end of a connection, as tshark takes it: from a SYN,
/// else what comes before the first byte seen; the other end's from an acknowledgement. A SYN+ACK sets its
/// own anew, if there is one, even where it is only quoted. And whether the end of the connection was seen: a
/// RST, or a FIN with ACK, since the last SYN of an end of which no number was known.
/// What of that counts is up to StreamRules.
class InitialNumbers {
 public:
  void learn(StreamEnd sender, std::uint16_t tcp_flags, const TcpNumbers& numbers) noexcept {
    const bool syn = (tcp_flags & tcp_flag::syn) != 0, ack = (tcp_flags & tcp_flag::ack) != 0;
    if (syn && !ack && !known(sender)) end_seen_ = false;
    end_seen_ |= (tcp_flags & tcp_flag::rst) != 0 || ((tcp_flags & tcp_flag::fin) != 0 && ack);
    if (syn && ack && known(sender)) number_[sender] = numbers.sequence;
    if (numbers.teaches == TcpNumbers::Teaches::none) return;
    const Origin guess = numbers.teaches == TcpNumbers::Teaches::all ? Origin::guess : Origin::doubt;
    if (origin_[sender] < guess) {
      number_[sender] = numbers.sequence - (syn ? 0 : 1);
      origin_[sender] = guess;
    }
    if (syn && guess == Origin::guess) {
      origin_[sender] = std::max(origin_[sender], ack ? Origin::syn_ack : Origin::syn);
    }
    const StreamEnd other = opposite(sender);
    if (ack && origin_[other] < guess) {
      number_[other] = numbers.acknowledgement - 1;
      origin_[other] = guess;
    }
  }

  /// Whether that end has a number.
  [[nodiscard]] bool known(StreamEnd sender) const noexcept { return origin_[sender] > Origin::doubt; }

  [[nodiscard]] bool end_seen() const noexcept { return end_seen_; }

  /// Whether a SYN with that number from that end opens another connection.
  [[nodiscard]] bool contradict(StreamEnd sender, std::uint32_t sequence) const noexcept {
    return known(sender) && number_[sender] != sequence;
  }

  /// Whether a header that is seen next, with these flags and numbers from that end, may do what depends on
  /// what was seen before these: open another connection, or set a number.
  [[nodiscard]] bool may_matter(StreamEnd sender, std::uint16_t tcp_flags,
                                const TcpNumbers& numbers) const noexcept {
    const bool syn = (tcp_flags & tcp_flag::syn) != 0, ack = (tcp_flags & tcp_flag::ack) != 0;
    if (!syn) return numbers.teaches != TcpNumbers::Teaches::none && origin_[sender] < Origin::guess;
    return origin_[sender] != Origin::syn || end_seen_ || (ack && number_[sender] != numbers.sequence);
  }

  /// Numbers that not all tsharks would have taken count from now on, or do not.
  void decide_doubts(bool count) noexcept {
    for (Origin& origin : origin_) {
      if (origin == Origin::doubt) origin = count ? Origin::guess : Origin::none;
    }
  }

  /// Adds what packets after these have taught.
  void append(const InitialNumbers& later) noexcept {
    for (const StreamEnd sender : stream_ends) {
      if (known(sender) && later.origin_[sender] < Origin::syn_ack) continue;
      number_[sender] = later.number_[sender];
      origin_[sender] = std::max(origin_[sender], later.origin_[sender]);
    }
    end_seen_ |= later.end_seen_;
  }

  static constexpr auto members() {
    return std::tuple(&InitialNumbers::number_, &InitialNumbers::origin_, &InitialNumbers::end_seen_);
  }

 private:
  enum class Origin : std::uint8_t {
    none,
    doubt,  // not all tsharks would take it
    guess,
    syn_ack,
    syn  // so that all before it matters no more
  };

  PerStreamEnd<std::uint32_t> number_;
  PerStreamEnd<Origin> origin_;
  bool end_seen_ = false;
};

}  // namespace flowmeter
