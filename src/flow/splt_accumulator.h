#pragma once

#include <cstdint>
#include <memory>
#include <tuple>
#include <vector>

#include "flow/accumulator.h"

namespace flowmeter {

/// What of a packet the sequence of packet lengths and times has.
struct SpltPacket {
  std::int64_t time_ns;
  std::uint32_t frame_bytes;
  std::uint32_t payload_bytes;
  std::uint16_t tcp_flags;  ///< tcp.flags & 0xfff; 0 for UDP
  bool forward;

  static constexpr auto members() {
    return std::tuple(&SpltPacket::time_ns, &SpltPacket::frame_bytes, &SpltPacket::payload_bytes,
                      &SpltPacket::tcp_flags, &SpltPacket::forward);
  }
};

/// The first packets of the flow, of those that the settings take, and no more than they ask for.
using SpltState = std::vector<SpltPacket>;
[[nodiscard]] std::unique_ptr<Accumulator> make_splt(AccumulatorContext& context);

}  // namespace flowmeter
