#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace flowmeter {

/// Which size of a packet the default schema's size statistics and totals are of.
enum class SizeBasis : std::uint8_t {
  frame,    ///< frame.len: on the wire
  ip,       ///< the IP packet, its header included
  payload,  ///< what the transport carries
};

/// Which packets `splt` columns list.
enum class SpltPackets : std::uint8_t {
  all,
  payload,  ///< those with payload that tshark does not call a retransmission
};

/// How `splt` lists are printed.
enum class SpltLayout : std::uint8_t {
  wide,  ///< a column for each packet
  list,  ///< a cell for each list, its values joined by '|'
};

/// What a run asks of its columns beyond their names.
struct FeatureSettings {
  SizeBasis size = SizeBasis::frame;
  unsigned splt = 0;  ///< packets in `splt` lists
  SpltPackets splt_packets = SpltPackets::all;
  SpltLayout splt_layout = SpltLayout::wide;
  std::vector<std::string> fields;  ///< each --field
  std::size_t list_max = 64;        ///< most values in a list or set of a field
  unsigned time_digits = 6;         ///< decimals of start_utc and end_utc, 0 to 9
  std::uint16_t community_id_seed = 0;
};

}  // namespace flowmeter
