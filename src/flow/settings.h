#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace flowmeter {

class Anonymizer;

/// Which size of a packet the default schema's size statistics and totals are of.
enum class SizeBasis : std::uint8_t {
  frame,    ///< frame.len: on the wire
  ip,       ///< the IP packet, its header included
  payload,  ///< what the transport carries
};

/// What a run asks of its columns beyond their names.
struct FeatureSettings {
  SizeBasis size = SizeBasis::frame;
  std::uint16_t cid_seed = 0;     ///< of community_id
  unsigned time_digits = 6;       ///< decimals of start_utc and end_utc, 0 to 9
  std::shared_ptr<const Anonymizer> anonymizer;  ///< null: addresses are shown as they are
  std::optional<std::string> na;  ///< printed for what has no sample, instead of the column's own value
};

}  // namespace flowmeter
