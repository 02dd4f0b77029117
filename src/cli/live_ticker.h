#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "observer/live_clock.h"
#include "source/timer.h"

namespace flowmeter {

/// Tells ten times a second what time it is on a wire: on a silent one no frame says that a flow is over.
class LiveTicker {
 public:
  /// `tick` is called in the loop `io` with the time, if it is known by then: see LiveClock::now(). It must
  /// not destroy the ticker.
  LiveTicker(EventLoop& io, std::function<void(std::optional<std::int64_t> now_ns)> tick);

  /// Sees the frames that the time comes from.
  [[nodiscard]] PacketObserver& observer() noexcept { return clock_; }

  void start();
  void stop() { timer_.cancel(); }

 private:
  const std::function<void(std::optional<std::int64_t>)> tick_;
  LiveClock clock_;
  Timer timer_;
};

}  // namespace flowmeter
