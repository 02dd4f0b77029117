#include "observer/live_clock.h"

namespace flowmeter {

void LiveClock::on_frame(const Frame& frame) {
  if (!frame.timed || (newest_ns_ && frame.time_ns <= *newest_ns_)) return;
  newest_ns_ = frame.time_ns;
  came_ = Clock::now();
}

std::optional<std::int64_t> LiveClock::now(Clock::time_point at) const {
  if (!newest_ns_) return std::nullopt;
  const std::chrono::nanoseconds silence = at - came_ - margin;
  std::int64_t now_ns = 0;
  if (silence.count() <= 0 || __builtin_add_overflow(*newest_ns_, silence.count(), &now_ns))
    return newest_ns_;
  return now_ns;
}

}  // namespace flowmeter
