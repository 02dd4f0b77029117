#pragma once

#include <cstdint>
#include <string_view>

namespace flowmeter {

/// How a field's values are spelled in tshark's custom columns, where that is not as everywhere else:
/// a mark for a field that has no value ("1" elsewhere), and flags with as few digits as they need.
class ColumnSpelling {
 public:
  enum class Kind : std::uint8_t { same, mark, hexadecimal_2, hexadecimal_4 };

  constexpr ColumnSpelling(Kind kind = Kind::same) noexcept : kind_(kind) {}

  /// That of the field, see KnownField.
  [[nodiscard]] static ColumnSpelling of(std::string_view field) noexcept;

  /// The value as EK has it (since 4.0): what was given, or text that lives forever.
  [[nodiscard]] std::string_view as_ek(std::string_view value) const noexcept;

 private:
  Kind kind_;
};

}  // namespace flowmeter
