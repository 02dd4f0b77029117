#pragma once

#include <string>
#include <string_view>

namespace flowmeter {

/// Whether the text is well-formed UTF-8 (RFC 3629).
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

/// The text with each ill-formed part replaced by U+FFFD, as the Unicode Standard recommends (3.9,
/// "U+FFFD Substitution of Maximal Subparts") and Python's errors="replace" does it.
[[nodiscard]] std::string to_utf8(std::string_view text);

}  // namespace flowmeter
