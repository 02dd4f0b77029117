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

/// Nanoseconds since the Unix epoch; nothing outside of 1677..2262. The fraction counts forward, before 1970
/// too.
[[nodiscard]] std::optional<std::int64_t> epoch_nanoseconds(std::int64_t seconds,
                                                            std::int64_t fraction_ns) noexcept;

/// Nanoseconds since the Unix epoch from `frame.time_epoch`, in either of tshark's spellings: seconds and a
/// fraction of up to nine digits, which counts forward from them ("-2.250000000" is 1.75 s before 1970), or
/// ISO 8601 in UTC ("2023-11-14T22:13:20.123456000Z", as whole trees have it since 4.2). Digits after the
/// ninth are cut off. Nothing for other text and for times outside of 1677..2262.
[[nodiscard]] std::optional<std::int64_t> parse_time(std::string_view text) noexcept;

/// Whether it is the text of a time, which may be outside of 1677..2262.
[[nodiscard]] bool is_time(std::string_view text) noexcept;

/// Nanoseconds from a duration as tshark prints it: seconds and a fraction of up to nine digits, both with
/// the sign ("-2.250000000" is -2.25 s). Nothing for other text and for more than 292 years.
[[nodiscard]] std::optional<std::int64_t> parse_duration(std::string_view text) noexcept;

}  // namespace flowmeter
