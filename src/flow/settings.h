#pragma once

#include <cstdint>
#include <optional>
#include <string>

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
  std::optional<std::string> na;  ///< printed for what has no sample, instead of the column's own value
};

}  // namespace flowmeter
