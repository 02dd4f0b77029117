#pragma once

#include <array>
#include <boost/intrusive/list_hook.hpp>
#include <boost/intrusive/unordered_set_hook.hpp>
#include <cstddef>
#include <cstdint>

#include "flow/accumulator.h"

namespace flowmeter {

/// Why a flow ended. In brackets IPFIX flowEndReason (RFC 5102, 5.11.3).
enum class EndReason : std::uint8_t {
  idle,          ///< no packet for longer than the idle time-out (1)
  active,        ///< it lasted longer than the active time-out (2)
  end_of_input,  ///< open when the input ended (4, forced end)
  forced,  ///< open when the user ended the run (4), or there were too many flows (5, lack of resources)
  close,   ///< both sides of a TCP connection had ended it, or one had reset it (3)
};

inline constexpr std::size_t end_reason_count = 5;

/// The reason in a word.
[[nodiscard]] constexpr const char* name_of(EndReason reason) noexcept {
  constexpr std::array<const char*, end_reason_count> names = {"idle", "active", "end_of_input", "forced",
                                                               "close"};
  return names[static_cast<std::size_t>(reason)];
}

/// Flows that ended, by place_of() their transport and by EndReason.
using FlowTally = std::array<std::array<std::uint64_t, end_reason_count>, transport_count>;

/// What tells which side of a flow is its source.
enum class DirectionBasis : std::uint8_t {
  first,   ///< no TCP: the first packet's sender
  syn,     ///< TCP: the first packet is a SYN
  synack,  ///< TCP: the first packet is a SYN+ACK
  middle,  ///< TCP: the first packet seen is neither, so the connection is older
};

/// One open flow. Lives in a FlowTable; the states of the run's accumulators lie behind it.
struct Flow {
  using ListHook =
      boost::intrusive::list_member_hook<boost::intrusive::link_mode<boost::intrusive::normal_link>>;
  using SetHook =
      boost::intrusive::unordered_set_member_hook<boost::intrusive::link_mode<boost::intrusive::normal_link>>;

  ListHook by_recency;
  SetHook by_key;

  StreamKey key;
  Endpoint source;  ///< by the policy: sent the first packet (of the stream's first flow, if cut)
  Endpoint destination;
  std::int64_t first_ns = 0;                     ///< smallest packet time
  std::int64_t last_ns = 0;                      ///< largest packet time
  std::int64_t previous_ns = 0;                  ///< time of the packet that came last, which may be neither
  std::int64_t touched_ns = 0;                   ///< the table's clock when that packet came
  std::uint64_t first_frame = 0;                 ///< frame number of the first packet
  std::uint32_t split_index = 0;                 ///< how often the stream was cut before
  std::uint8_t first_order = 0;                  ///< order of the first packet within its frame
  DirectionBasis basis = DirectionBasis::first;  ///< of the stream's first flow

  /// States of the accumulators, see AccumulatorSet.
  [[nodiscard]] std::byte* states() noexcept { return reinterpret_cast<std::byte*>(this + 1); }
  [[nodiscard]] const std::byte* states() const noexcept {
    return reinterpret_cast<const std::byte*>(this + 1);
  }
};

/// Takes finished flows.
class FlowSink {
 public:
  virtual ~FlowSink() = default;

  /// A flow begins, with that packet; its states are those of a flow without packets.
  virtual void on_open(Flow& /*flow*/, const Packet& /*first*/) {}

  /// `flow` is gone when this returns.
  virtual void on_flow(const Flow& flow, EndReason reason) = 0;
};

}  // namespace flowmeter
