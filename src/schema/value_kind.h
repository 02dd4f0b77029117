#pragma once

#include <cstdint>

namespace flowmeter {

/// What a column prints, which decides what its values can be compared with.
enum class ValueKind : std::uint8_t {
  number,   ///< numbers, or the word of the run for a statistic without samples
  text,     ///< text; - for none
  address,  ///< IP addresses; - for none
  value,    ///< what tshark prints for a field: any of these
};

}  // namespace flowmeter
