#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace flowmeter {

/// Reads a whole unsigned number, decimal or 0x-hexadecimal, as tshark prints either for the same
/// field in different versions ("0x00000018", "0x0018", "24"). Nothing for anything else.
[[nodiscard]] inline std::optional<std::uint64_t> parse_number(std::string_view text) noexcept {
  int base = 10;
  if (text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
    text.remove_prefix(2);
    base = 16;
  }
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Nanoseconds since the Unix epoch from `frame.time_epoch`, in either of tshark's spellings:
/// seconds with a fraction of up to nine digits ("-1700000000.000001000") or ISO 8601 in UTC
/// ("2023-11-14T22:13:20.123456000Z", as whole trees have it since 4.2). Digits behind the ninth
/// are cut off. Nothing for other text and for times outside of 1677..2262.
[[nodiscard]] std::optional<std::int64_t> parse_time(std::string_view text) noexcept;

}  // namespace flowmeter
