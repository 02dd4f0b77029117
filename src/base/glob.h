#pragma once

#include <string_view>

namespace flowmeter {

/// Whether the whole text matches the pattern, in which * stands for any characters (none, and slashes, too)
/// and ? for one character of UTF-8. Everything else stands for itself. Takes time in proportion to the
/// product of the lengths at most.
[[nodiscard]] bool matches_glob(std::string_view pattern, std::string_view text) noexcept;

}  // namespace flowmeter
