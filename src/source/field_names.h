#pragma once

#include <string>
#include <string_view>

namespace flowmeter {

/// The names of all fields and protocols that a tshark has: some 240,000.
class FieldNames {
 public:
  /// `text`: the names, each between line feeds, as from read_field_table().
  explicit FieldNames(std::string text) : text_(std::move(text)) {}

  [[nodiscard]] bool contains(std::string_view name) const;

  /// A hint for a name that it does not contain: `, did you mean "known"?`, or nothing.
  [[nodiscard]] std::string hint(std::string_view name) const;

 private:
  std::string text_;
};

/// The names in what `tshark -G fields` prints: those of fields (F) and of protocols (P), each once,
/// sorted, between line feeds.
[[nodiscard]] std::string read_field_table(std::string_view table);

}  // namespace flowmeter
