#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace flowmeter {

/// Which size of a packet the default schema's size statistics and totals are of.
enum class SizeBasis : std::uint8_t {
  frame,    ///< frame.len: on the wire
  ip,       ///< the IP packet, its header included
  payload,  ///< what the transport carries
};

class Labeller;

/// What a run asks of its columns beyond their names.
struct FeatureSettings {
  SizeBasis size = SizeBasis::frame;
  std::optional<std::string> na;  ///< printed for what has no sample, instead of the column's own value
  std::vector<std::string> fields;  ///< specifications of columns of any field, see schema/field_spec.h
  std::size_t list_max = 64;        ///< most values in a cell that lists them
  std::shared_ptr<Labeller> labeller;  ///< of the column `label`, if the run has rules for it
};

}  // namespace flowmeter
