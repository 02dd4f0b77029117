#include "base/utc.h"

#include <fmt/format.h>

#include <chrono>

namespace flowmeter {

std::string utc_text(std::int64_t ns, unsigned digits) {
  using namespace std::chrono;
  const nanoseconds since{ns};
  const auto seconds_since = floor<seconds>(since);
  const auto day = floor<days>(seconds_since);
  const year_month_day date{sys_days{day}};
  const hh_mm_ss time{seconds_since - day};
  std::string text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                                 static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                                 time.hours().count(), time.minutes().count(), time.seconds().count());
  if (digits > 0) {
    const auto second = std::uint64_t{1'000'000'000};
    const auto rest =
        static_cast<std::uint64_t>(ns) - static_cast<std::uint64_t>(seconds_since.count()) * second;
    text += fmt::format(".{:09}", rest).substr(0, 1 + digits);
  }
  return text + 'Z';
}

}  // namespace flowmeter
