#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "flow/packet_side.h"

namespace flowmeter {

/// What the user wants of a field: FIELD[:SIDE][:AGGREGATE{,AGGREGATE}][=NAME].
struct FieldSpec {
  std::string field;  ///< tshark's, or built in, with @
  PacketSide side = PacketSide::both;
  std::vector<std::string> aggregates;  ///< at least one
  std::string name;                     ///< of the column, or the beginning of several; may be empty

  friend bool operator==(const FieldSpec&, const FieldSpec&) = default;
};

/// Reads the specification. Throws UsageError, which says where it is wrong.
[[nodiscard]] FieldSpec parse_field_spec(std::string_view text);

/// The names of its columns, one for each aggregate.
[[nodiscard]] std::vector<std::string> column_names(const FieldSpec& spec);

/// The percentage of a quantile: 50 for median, 25 and 75 for q25 and q75, NN for pNN; else -1.
[[nodiscard]] int percentage_of(std::string_view aggregate);

}  // namespace flowmeter
