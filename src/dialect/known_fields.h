#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "dialect/column_spelling.h"
#include "dialect/fact.h"

namespace flowmeter {

/// How a custom column of tshark shows a field exactly as EK does, once it is spelled like EK (see
/// ColumnSpelling). The value is the letter of the column's format.
enum class ColumnForm : char {
  none = 0,      ///< not at all: names for numbers, booleans, values with commas
  shown = 'R',   ///< the text that is shown
  number = 'U',  ///< the bare number, where tshark would show a name
};

/// What is known of a field.
namespace field_trait {
enum : unsigned {
  /// Its values come of its own frame alone, or are stream numbers, which can be translated. What tshark
  /// remembers of a connection (analysis, relative and scaled numbers, what applications say) is not.
  of_frame = 1,
  /// A number that means something to one tshark only, or what it knows when it has all segments of a
  /// message.
  /// Columns make of these what does not depend on the tshark; --field shows them as they are.
  of_tshark = 2,
  /// Each header of its kind has it: text in which it is nowhere was written without it.
  each_header = 4,
  /// Read from plain frames without tshark.
  local = 8,
};
}  // namespace field_trait

/// What flowmeter knows of a tshark field. All that depends on a certain field, and not on what it is used
/// for, stands in the one table of these.
struct KnownField {
  std::string_view name;
  ColumnForm column = ColumnForm::none;
  unsigned traits = 0;            ///< of field_trait
  ColumnSpelling spelling{};      ///< in a custom column
  std::optional<Fact> fact{};     ///< that is read from it
  std::string_view preference{};  ///< that tshark needs to compute it; empty: none

  [[nodiscard]] bool has(unsigned trait) const noexcept { return (traits & trait) != 0; }
};

/// The table: by protocol, in the order of the layers.
[[nodiscard]] std::span<const KnownField> known_fields() noexcept;

/// The field of that name; null: nothing is known of it. Then it is read by EK, from a single tshark.
[[nodiscard]] const KnownField* known_field(std::string_view name) noexcept;

/// Whether the field is known to have that trait.
[[nodiscard]] bool field_has(std::string_view name, unsigned trait) noexcept;

/// Whether custom columns carry all values of the field exactly as EK does.
[[nodiscard]] bool exact_in_columns(std::string_view field) noexcept;

/// Whether several tsharks may share a capture of which this field is asked for, see field_trait::of_frame.
/// (frame.number counts the frames of each tshark: a decoder that translates streams counts for itself.)
[[nodiscard]] bool stateless(std::string_view field) noexcept;

}  // namespace flowmeter
