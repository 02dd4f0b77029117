#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace flowmeter {

/// A time zone: UTC, a fixed offset, or one of the system's database (tzdata), with all its changes.
class TimeZone {
 public:
  /// UTC.
  TimeZone() = default;

  /// `name`: UTC, an offset such as +02:00, or a name of the database such as Europe/Berlin.
  /// Throws UsageError, one line, if there is no such zone.
  explicit TimeZone(const std::string& name);

  /// The times, in seconds since the Unix epoch, at which the zone's clocks show what a clock in UTC shows
  /// `wall` seconds after the epoch: one; none where clocks were put forward; two where they were put back.
  /// For a zone of the database the process has another TZ for that time: no other thread may run that
  /// reads or sets the environment.
  [[nodiscard]] std::vector<std::int64_t> times_at(std::int64_t wall) const;

  /// As it was given.
  [[nodiscard]] const std::string& name() const noexcept { return name_; }

 private:
  std::string name_ = "UTC";
  std::variant<std::int64_t, std::string> offset_ = 0;  // in seconds, or a value of TZ
};

/// A text that is no time; what() says why, with the text.
class NoTime : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Nanoseconds since the Unix epoch of a time as people write it: seconds since 1970 with or without a
/// fraction, or YYYY-MM-DD hh:mm[:ss[.fraction]] with a blank or T between, and with Z or an offset such as
/// +02:00 after it; without these it is a time of `zone`. Digits after the ninth of a fraction are cut off.
/// Throws NoTime for other text, for times outside of 1677..2262, and for those that do not exist in the
/// zone or exist twice.
[[nodiscard]] std::int64_t parse_local_time(std::string_view text, const TimeZone& zone);

}  // namespace flowmeter
