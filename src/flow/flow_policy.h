#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "flow/flow.h"

namespace flowmeter {

/// What observers of a run's progress ask a meter for.
class FlowCounters {
 public:
  virtual ~FlowCounters() = default;
  [[nodiscard]] virtual std::uint64_t open_flows() const noexcept = 0;
  [[nodiscard]] virtual std::uint64_t ended_flows() const noexcept = 0;

  /// Packets that are older than the packet of their flow that came before them.
  [[nodiscard]] virtual std::uint64_t disordered_packets() const noexcept { return 0; }

  /// Streams that were cut and of which a later flow would not be known for one, see EndedStreams.
  [[nodiscard]] virtual std::uint64_t forgotten_streams() const noexcept { return 0; }

  /// Ended flows by transport and reason.
  [[nodiscard]] virtual FlowTally tally() const noexcept { return {}; }
};

/// Which side of a stream is the source.
enum class DirectionPolicy : std::uint8_t {
  first,      ///< the sender of the first packet
  handshake,  ///< likewise, but the receiver if that packet is a SYN+ACK
};

/// Which times packets count with.
enum class ClockPolicy : std::uint8_t {
  raw,       ///< their own: gaps may be negative
  monotone,  ///< no earlier than the flow's packet before
};

/// Rules by which streams are cut into flows.
struct FlowPolicy {
  std::chrono::nanoseconds tcp_idle_timeout{std::chrono::seconds(600)};
  std::chrono::nanoseconds udp_idle_timeout{std::chrono::seconds(600)};
  std::chrono::nanoseconds sctp_idle_timeout{std::chrono::seconds(600)};
  std::chrono::nanoseconds dccp_idle_timeout{std::chrono::seconds(600)};
  std::chrono::nanoseconds icmp_idle_timeout{std::chrono::seconds(600)};  ///< ICMPv6 too
  std::optional<std::chrono::nanoseconds> active_timeout{};  ///< needs make_start among the accumulators
  std::optional<std::chrono::nanoseconds> close_linger{};    ///< needs make_close among the accumulators
  DirectionPolicy direction = DirectionPolicy::first;
  ClockPolicy clock = ClockPolicy::raw;

  /// Flows that may be open at once; 0: as many as there are.
  std::size_t most_flows = 0;

  /// Streams cut by a time-out whose direction is remembered, see EndedStreams.
  std::size_t remembered_streams = 1U << 18;

  [[nodiscard]] std::chrono::nanoseconds idle_timeout(Transport transport) const noexcept {
    switch (transport) {
      case Transport::tcp:
        return tcp_idle_timeout;
      case Transport::udp:
        return udp_idle_timeout;
      case Transport::sctp:
        return sctp_idle_timeout;
      case Transport::dccp:
        return dccp_idle_timeout;
      case Transport::icmp:
      case Transport::icmpv6:
        return icmp_idle_timeout;
    }
    return tcp_idle_timeout;
  }
  /// Of TCP and UDP, whose streams several tsharks may number.
  [[nodiscard]] std::chrono::nanoseconds longest_idle_timeout() const noexcept {
    return std::max(tcp_idle_timeout, udp_idle_timeout);
  }
};

}  // namespace flowmeter
