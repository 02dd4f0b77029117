#include "base/local_time.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <optional>

#include "base/error.h"
#include "base/parse.h"
#include "base/report.h"

namespace flowmeter {
namespace {

constexpr std::int64_t minute = 60, hour = 60 * minute, day = 24 * hour;

/// Reads a text from its beginning.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  [[nodiscard]] bool done() const noexcept { return text_.empty(); }

  bool take(char c) {
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }

  /// The number in the next `count` characters, which must be digits.
  std::optional<int> digits(std::size_t count) {
    if (text_.size() < count) return std::nullopt;
    int value = 0;
    for (const char c : text_.substr(0, count)) {
      if (c < '0' || c > '9') return std::nullopt;
      value = value * 10 + (c - '0');
    }
    text_.remove_prefix(count);
    return value;
  }

  /// The same, of two digits, if it is less than `end`.
  std::optional<int> two_digits(int end) {
    const auto value = digits(2);
    return value && *value < end ? value : std::nullopt;
  }

  /// Digits of any number as nanoseconds.
  std::optional<std::int64_t> fraction() {
    std::int64_t value = 0;
    int count = 0;
    for (; !text_.empty() && text_.front() >= '0' && text_.front() <= '9'; ++count) {
      if (count < 9) value = value * 10 + (text_.front() - '0');
      text_.remove_prefix(1);
    }
    if (count == 0) return std::nullopt;
    for (; count < 9; ++count) value *= 10;
    return value;
  }

 private:
  std::string_view text_;
};

/// Reads +hh, +hhmm or +hh:mm, in seconds to the east of Greenwich; nothing for other text.
std::optional<std::int64_t> take_offset(Scanner& text) {
  const bool west = text.take('-');
  if (!west && !text.take('+')) return std::nullopt;
  const auto hours = text.two_digits(24);
  if (!hours) return std::nullopt;
  const bool colon = text.take(':');
  const auto minutes = colon || !text.done() ? text.two_digits(60) : 0;
  if (!minutes) return std::nullopt;
  const std::int64_t seconds = *hours * hour + *minutes * minute;
  return west ? -seconds : seconds;
}

/// What a clock shows, and what is known of its zone.
struct ClockTime {
  std::int64_t wall = 0;  ///< seconds from the epoch on, as if it were UTC
  std::int64_t fraction_ns = 0;
  std::optional<std::int64_t> offset;  ///< of the zone, in seconds to the east
};

std::optional<ClockTime> read_clock_time(std::string_view text) {
  Scanner rest(text);
  const auto year = rest.digits(4);
  if (!year || !rest.take('-')) return std::nullopt;
  const auto month = rest.digits(2);
  if (!month || !rest.take('-')) return std::nullopt;
  const auto of_month = rest.digits(2);
  if (!of_month || !(rest.take('T') || rest.take(' '))) return std::nullopt;
  const auto hours = rest.two_digits(24);
  if (!hours || !rest.take(':')) return std::nullopt;
  const auto minutes = rest.two_digits(60);
  if (!minutes) return std::nullopt;
  ClockTime time;
  std::int64_t seconds = 0;
  if (rest.take(':')) {
    const auto given = rest.two_digits(61);  // 60 is a leap second: the one after it
    if (!given) return std::nullopt;
    seconds = *given;
    if (rest.take('.')) {
      const auto fraction = rest.fraction();
      if (!fraction) return std::nullopt;
      time.fraction_ns = *fraction;
    }
  }
  const std::chrono::year_month_day date{std::chrono::year{*year},
                                         std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*of_month)}};
  if (!date.ok()) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days{date}.time_since_epoch().count();
  time.wall = days * day + *hours * hour + *minutes * minute + seconds;
  if (rest.take('Z')) {
    time.offset = 0;
  } else if (!rest.done()) {
    time.offset = take_offset(rest);
    if (!time.offset) return std::nullopt;
  }
  return rest.done() ? std::optional(time) : std::nullopt;
}

std::int64_t with_fraction(std::int64_t seconds, std::int64_t fraction_ns, std::string_view text) {
  // A negative count borrows a second, so that what lies at the edge of the range does not leave it.
  const std::int64_t borrowed = seconds < 0 ? 1 : 0;
  std::int64_t ns = 0;
  if (__builtin_mul_overflow(seconds + borrowed, 1'000'000'000, &ns) ||
      __builtin_add_overflow(ns, fraction_ns - borrowed * 1'000'000'000, &ns)) {
    throw NoTime(fmt::format("\"{}\" is not a time from 1677 to 2262", printable(text)));
  }
  return ns;
}

/// Gives the process another time zone while it lives.
class ZoneInForce {
 public:
  explicit ZoneInForce(const std::string& zone) {
    if (const char* const was = std::getenv("TZ")) before_ = was;
    setenv("TZ", zone.c_str(), 1);
    tzset();
  }
  ~ZoneInForce() {
    if (before_) {
      setenv("TZ", before_->c_str(), 1);
    } else {
      unsetenv("TZ");
    }
    tzset();
  }
  ZoneInForce(const ZoneInForce&) = delete;
  ZoneInForce& operator=(const ZoneInForce&) = delete;

  /// How far its clocks are ahead of UTC's, in seconds; nothing for years that the C library does not know.
  static std::optional<std::int64_t> offset_at(std::int64_t time) {
    const auto at = static_cast<std::time_t>(time);
    std::tm parts{};
    if (localtime_r(&at, &parts) == nullptr) return std::nullopt;
    return parts.tm_gmtoff;
  }

 private:
  std::optional<std::string> before_;
};

/// The directories in which the database may lie, the user's own first.
std::vector<std::string> zone_directories() {
  std::vector<std::string> directories;
  const char* const own = std::getenv("TZDIR");
  if (own != nullptr && *own != '\0') directories.emplace_back(own);
  directories.insert(directories.end(), {"/usr/share/zoneinfo", "/usr/lib/zoneinfo",
                                         "/usr/share/lib/zoneinfo", "/etc/zoneinfo"});
  return directories;
}

bool is_zone_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::array<char, 4> mark{};
  return in.read(mark.data(), mark.size()) && std::string_view(mark.data(), mark.size()) == "TZif";
}

/// Whether it can be a name in the database, and is not a path that leads out of it.
bool is_zone_name(std::string_view name) {
  constexpr std::string_view others = "/_+-";
  return !name.empty() && name.front() != '/' && std::all_of(name.begin(), name.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           others.find(c) != std::string_view::npos;
  });
}

}  // namespace

TimeZone::TimeZone(const std::string& name) : name_(name) {
  if (name == "UTC" || name == "Z") return;
  Scanner text(name);
  if (const auto offset = take_offset(text); offset && text.done()) {
    offset_ = *offset;
    return;
  }
  if (is_zone_name(name)) {
    for (const std::string& directory : zone_directories()) {
      const std::string path = directory + '/' + name;
      if (!is_zone_file(path)) continue;
      // By its path: for a name that it cannot read the C library takes UTC without a word.
      offset_ = ':' + path;
      return;
    }
  }
  throw UsageError(
      fmt::format("there is no time zone \"{}\" (take UTC, an offset such as +02:00, or a name such as "
                  "Europe/Berlin from this system's time zone database)",
                  printable(name)));
}

std::vector<std::int64_t> TimeZone::times_at(std::int64_t wall) const {
  if (const auto* const fixed = std::get_if<std::int64_t>(&offset_)) return {wall - *fixed};
  const ZoneInForce in_force(std::get<std::string>(offset_));
  // Clocks are at most fifteen hours from UTC: these are the offsets before, at and after any change nearby.
  std::vector<std::int64_t> times;
  for (const std::int64_t near : {wall - day, wall, wall + day}) {
    const auto offset = ZoneInForce::offset_at(near);
    if (!offset) continue;
    const std::int64_t time = wall - *offset;
    const bool known = std::find(times.begin(), times.end(), time) != times.end();
    if (!known && ZoneInForce::offset_at(time) == offset) times.push_back(time);
  }
  std::sort(times.begin(), times.end());
  return times;
}

std::int64_t parse_local_time(std::string_view text, const TimeZone& zone) {
  const auto clock = read_clock_time(text);
  if (!clock) {
    if (const auto ns = parse_duration(text)) return *ns;  // since 1970
    throw NoTime(
        fmt::format("\"{}\" is not a time (such as 2017-07-07 09:20:00, 2017-07-07T09:20:00+02:00, or "
                    "seconds since 1970)",
                    printable(text)));
  }
  if (clock->offset) return with_fraction(clock->wall - *clock->offset, clock->fraction_ns, text);
  const std::vector<std::int64_t> times = zone.times_at(clock->wall);
  if (times.empty()) {
    throw NoTime(
        fmt::format("\"{}\" does not exist in {}: clocks were put forward", printable(text), zone.name()));
  }
  if (times.size() > 1) {
    const auto offset_text = [&](std::int64_t time) {
      const std::int64_t offset = clock->wall - time, size = std::abs(offset);
      return fmt::format("{}{:02}:{:02}", offset < 0 ? '-' : '+', size / hour, size % hour / minute);
    };
    throw NoTime(fmt::format("\"{}\" comes twice in {}: clocks were put back; add the offset, {} or {}",
                             printable(text), zone.name(), offset_text(times.front()),
                             offset_text(times.back())));
  }
  return with_fraction(times.front(), clock->fraction_ns, text);
}

}  // namespace flowmeter
