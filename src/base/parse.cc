#include "base/parse.h"

#include <chrono>

namespace flowmeter {
namespace {

constexpr std::int64_t ns_per_s = 1'000'000'000;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// A fraction's digits as nanoseconds; nothing if there is anything but digits.
std::optional<std::int64_t> parse_fraction(std::string_view digits) {
  std::int64_t value = 0;
  int count = 0;
  for (const char c : digits) {
    if (!is_digit(c)) return std::nullopt;
    if (count == 9) continue;
    value = value * 10 + (c - '0');
    ++count;
  }
  if (count == 0) return std::nullopt;
  for (; count < 9; ++count) value *= 10;
  return value;
}

/// seconds and fraction to nanoseconds; the fraction counts away from zero, as tshark prints it.
std::optional<std::int64_t> combine(std::int64_t seconds, std::int64_t fraction, bool negative) {
  std::int64_t ns = 0;
  if (__builtin_mul_overflow(seconds, ns_per_s, &ns)) return std::nullopt;
  const bool overflow =
      negative ? __builtin_sub_overflow(ns, fraction, &ns) : __builtin_add_overflow(ns, fraction, &ns);
  if (overflow) return std::nullopt;
  return ns;
}

/// A fixed number of digits at `at`, or -1.
int digits_at(std::string_view text, std::size_t at, std::size_t count) {
  int value = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    if (!is_digit(text[i])) return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

std::optional<std::int64_t> parse_iso(std::string_view text) {
  // YYYY-MM-DDTHH:MM:SS[.fraction]Z
  if (text.size() < 20 || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' ||
      text[16] != ':' || text.back() != 'Z') {
    return std::nullopt;
  }
  const int year = digits_at(text, 0, 4), month = digits_at(text, 5, 2);
  const int day = digits_at(text, 8, 2), hour = digits_at(text, 11, 2);
  const int minute = digits_at(text, 14, 2), second = digits_at(text, 17, 2);
  if (year < 0 || month < 0 || day < 0 || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 ||
      second > 60) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok()) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days{date}.time_since_epoch().count();
  const std::int64_t seconds = ((days * 24 + hour) * 60 + minute) * 60 + second;
  std::int64_t fraction = 0;
  if (text[19] == '.') {
    const auto parsed = parse_fraction(text.substr(20, text.size() - 21));
    if (!parsed) return std::nullopt;
    fraction = *parsed;
  } else if (text.size() != 20) {
    return std::nullopt;
  }
  // tshark prints the seconds of a negative time as a date and its fraction as it stands.
  return combine(seconds, fraction, seconds < 0);
}

}  // namespace

std::optional<std::int64_t> parse_time(std::string_view text) noexcept {
  if (text.size() > 4 && text.find('T') != std::string_view::npos) return parse_iso(text);
  const bool negative = !text.empty() && text.front() == '-';
  std::int64_t seconds = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, seconds);
  if (error != std::errc{}) return std::nullopt;
  if (end == last) return combine(seconds, 0, negative);
  if (*end != '.') return std::nullopt;
  const auto fraction = parse_fraction(std::string_view(end + 1, static_cast<std::size_t>(last - end - 1)));
  if (!fraction) return std::nullopt;
  return combine(seconds, *fraction, negative);
}

}  // namespace flowmeter
