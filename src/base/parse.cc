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

/// What a text says that should be a time.
struct TimeText {
  bool is_time = false;
  std::optional<std::int64_t> ns;
};

constexpr TimeText no_time{};
constexpr TimeText time_beyond{true, std::nullopt};

/// A fixed number of digits at `at`, or -1.
int digits_at(std::string_view text, std::size_t at, std::size_t count) {
  int value = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    if (!is_digit(text[i])) return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

/// YYYY-MM-DDTHH:MM:SS[.fraction]Z, the year with as many digits as it takes, and a sign before Christ.
TimeText read_iso(std::string_view text) {
  using std::chrono::day, std::chrono::month, std::chrono::year;
  const std::size_t dash = text.find('-', 1);
  if (dash == std::string_view::npos || dash < 4 || text.size() < dash + 16) return no_time;
  std::int64_t years = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + dash, years);
  if (error != std::errc{} || end != text.data() + dash) return no_time;
  const std::string_view rest = text.substr(dash + 1);  // MM-DDTHH:MM:SS[.fraction]Z
  if (rest[2] != '-' || rest[5] != 'T' || rest[8] != ':' || rest[11] != ':' || rest.back() != 'Z')
    return no_time;
  const int months = digits_at(rest, 0, 2), days = digits_at(rest, 3, 2), hours = digits_at(rest, 6, 2);
  const int minutes = digits_at(rest, 9, 2), seconds = digits_at(rest, 12, 2);
  if (months < 0 || days < 0 || hours < 0 || hours > 23 || minutes < 0 || minutes > 59 || seconds < 0 ||
      seconds > 60) {
    return no_time;
  }
  std::int64_t fraction = 0;
  if (rest[14] == '.') {
    const auto parsed = parse_fraction(rest.substr(15, rest.size() - 16));
    if (!parsed) return no_time;
    fraction = *parsed;
  } else if (rest.size() != 15) {
    return no_time;
  }
  // The calendar repeats itself after 400 years.
  const bool near = years > 1600 && years < 2400;
  const int like = static_cast<int>(near ? years : 2000 + years % 400);
  const std::chrono::year_month_day date{year{like}, month{static_cast<unsigned>(months)},
                                         day{static_cast<unsigned>(days)}};
  if (!date.ok()) return no_time;
  if (!near) return time_beyond;
  const std::int64_t day_number = std::chrono::sys_days{date}.time_since_epoch().count();
  return {true, epoch_nanoseconds(((day_number * 24 + hours) * 60 + minutes) * 60 + seconds, fraction)};
}

/// Seconds with or without a fraction.
TimeText read_seconds(std::string_view text) {
  std::int64_t seconds = 0, fraction = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, seconds);
  if (error == std::errc::invalid_argument) return no_time;
  if (end != last) {
    if (*end != '.') return no_time;
    const auto parsed = parse_fraction({end + 1, static_cast<std::size_t>(last - end - 1)});
    if (!parsed) return no_time;
    fraction = *parsed;
  }
  if (error != std::errc{}) return time_beyond;
  if (seconds == 0 && text.starts_with('-')) return {true, -fraction};
  return {true, epoch_nanoseconds(seconds, fraction)};
}

TimeText read_time(std::string_view text) {
  if (text == "Not representable") return time_beyond;  // in place of a date
  const bool iso = text.size() > 4 && text.find('T') != std::string_view::npos;
  return iso ? read_iso(text) : read_seconds(text);
}

}  // namespace

std::optional<std::int64_t> epoch_nanoseconds(std::int64_t seconds, std::int64_t fraction_ns) noexcept {
  // The earliest second begins before what 64 bits hold.
  std::int64_t ns = 0;
  const bool early = seconds < 0;
  if (early) {
    ++seconds;
    fraction_ns -= ns_per_s;
  }
  if (__builtin_mul_overflow(seconds, ns_per_s, &ns) || __builtin_add_overflow(ns, fraction_ns, &ns)) {
    return std::nullopt;
  }
  return ns;
}

std::optional<std::int64_t> parse_time(std::string_view text) noexcept { return read_time(text).ns; }

bool is_time(std::string_view text) noexcept { return read_time(text).is_time; }

std::optional<std::int64_t> parse_duration(std::string_view text) noexcept {
  const bool negative = text.starts_with('-');
  const TimeText size = read_seconds(negative ? text.substr(1) : text);
  if (text.starts_with("--") || !size.ns) return std::nullopt;
  return negative ? -*size.ns : *size.ns;
}

}  // namespace flowmeter
