#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace flowmeter {

/// A hint for a mistyped name: `, did you mean "known"?` with the closest of the known names, or
/// nothing if none is close.
[[nodiscard]] std::string did_you_mean(std::string_view word, const std::vector<std::string>& known);

}  // namespace flowmeter
