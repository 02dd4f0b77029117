#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace flowmeter {

/// Index of a tshark field within a run's FieldSet.
using FieldId = std::uint16_t;

/// No field.
inline constexpr FieldId no_field = 0xffff;

/// The tshark fields that a run needs, by their own names ("tcp.stream"), each once, in the order in
/// which they were asked for. It is what tshark is told with -e, what a dialect looks for, and what
/// indexes a Record.
class FieldSet {
 public:
  /// The field's index; adds it if it is new. At most 65535 fields.
  FieldId add(std::string_view name);

  /// The field's index, or no_field.
  [[nodiscard]] FieldId find(std::string_view name) const noexcept;

  [[nodiscard]] const std::vector<std::string>& names() const noexcept { return names_; }
  [[nodiscard]] std::size_t size() const noexcept { return names_.size(); }

 private:
  std::vector<std::string> names_;
};

}  // namespace flowmeter
