#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "packet/observer.h"
#include "packet/transport.h"

namespace flowmeter {

/// Counts the frames of an input by what became of them. The first four kinds do not overlap, and
/// together are all frames.
class FrameTally final : public PacketObserver {
 public:
  std::uint64_t frames = 0;
  std::uint64_t with_packet = 0;        ///< at least one packet counts
  std::uint64_t cut_header = 0;         ///< none, and a transport header was captured in part
  std::uint64_t only_quoted = 0;        ///< none, but an ICMP error quotes one
  std::uint64_t without_transport = 0;  ///< none, and nothing that the run keeps flows for

  std::uint64_t without_time = 0;  ///< no time stamp: count with that of the frame before
  std::uint64_t older = 0;         ///< stamped earlier than the frame before in the same output of tshark
  std::array<std::uint64_t, transport_count> packets{};  ///< by place_of()

  /// Smallest and largest time of a frame, nanoseconds since the epoch.
  std::optional<std::int64_t> earliest_ns, latest_ns;

  void on_frame(const Frame& frame) override;
  void on_segment() override { before_ns_.reset(); }
  void on_packet(const Packet& packet) override { ++packets[place_of(packet.key.transport)]; }

 private:
  void count_kind(const Frame& frame);
  void count_time(const Frame& frame);

  std::optional<std::int64_t> before_ns_;
};

}  // namespace flowmeter
