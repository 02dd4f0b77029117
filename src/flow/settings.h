#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace flowmeter {

class Anonymizer;

/// Which size of a packet the default schema's size statistics and totals are of.
enum class SizeBasis : std::uint8_t {
  frame,    ///< frame.len: on the wire
  ip,       ///< the IP packet, its header included
  payload,  ///< what the transport carries
};
constexpr auto words_of(SizeBasis) noexcept {
  return std::array<std::string_view, 3>{"frame", "ip", "payload"};
}

/// Which packets are in the group splt's sequence.
enum class SpltBasis : std::uint8_t {
  all,
  payload,  ///< those that carry payload and are no retransmissions
};
constexpr auto words_of(SpltBasis) noexcept { return std::array<std::string_view, 2>{"all", "payload"}; }

/// How the group splt is laid out.
enum class SpltLayout : std::uint8_t {
  wide,  ///< a column for each packet and value
  list,  ///< a column for each value, with the packets' in one cell
};
constexpr auto words_of(SpltLayout) noexcept { return std::array<std::string_view, 2>{"wide", "list"}; }

class Labeller;

/// What a run asks of its columns beyond their names.
struct FeatureSettings {
  SizeBasis size = SizeBasis::frame;
  std::uint16_t cid_seed = 0;    ///< of community_id
  unsigned time_digits = 6;      ///< decimals of start_utc and end_utc, 0 to 9
  std::size_t splt_packets = 0;  ///< how many packets the group splt is of; 0: there is no such group
  SpltBasis splt_basis = SpltBasis::all;
  SpltLayout splt_layout = SpltLayout::wide;
  std::shared_ptr<const Anonymizer> anonymizer;  ///< null: addresses are shown as they are
  std::optional<std::string> na;       ///< printed for what has no sample, instead of the column's own value
  std::vector<std::string> fields;     ///< specifications of columns of any field, see schema/field_spec.h
  std::size_t list_max = 64;           ///< most values in a cell that lists them
  bool parts = false;                  ///< flows may be parts of longer ones: states must compose
  std::shared_ptr<Labeller> labeller;  ///< of the column `label`, if the run has rules for it
};

}  // namespace flowmeter
