#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace flowmeter {

/// How many edits may lie between a mistyped word and the one that was meant.
[[nodiscard]] constexpr std::size_t edits_forgiven(std::string_view word) noexcept {
  return word.size() / 3 + 1;
}

/// The closest of the known names to a mistyped one; nothing if none is close.
[[nodiscard]] std::optional<std::string> closest(std::string_view word,
                                                 const std::vector<std::string>& known);

/// A hint for a mistyped name: `, did you mean "known"?` with the closest of the known names, or
/// nothing if none is close.
[[nodiscard]] std::string did_you_mean(std::string_view word, const std::vector<std::string>& known);

}  // namespace flowmeter
