#pragma once

#include <cstdint>

namespace flowmeter {

/// Which size of a packet the default schema's size statistics and totals are of.
enum class SizeBasis : std::uint8_t {
  frame,    ///< frame.len: on the wire
  ip,       ///< the IP packet, its header included
  payload,  ///< what the transport carries
};

/// What a run asks of its columns beyond their names.
struct FeatureSettings {
  SizeBasis size = SizeBasis::frame;
};

}  // namespace flowmeter
