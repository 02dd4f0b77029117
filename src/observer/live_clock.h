#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "packet/observer.h"

namespace flowmeter {

/// What time it is on a wire that may be silent, by the clock of the capture: that of the newest frame, and
/// what has passed since it came to us.
///
/// A frame takes its time from the wire to us: dumpcap gets frames from the kernel every 250 ms at the
/// latest, then come the tsharks. As the newest frame took such a time as well, the clock is late by that;
/// and it is late by `margin` on top, so that a frame which took that much longer than the one before it
/// still does not come from the past. Whoever asks sees to it that no frames are known to be on their way:
/// that frames have to wait for us must not count as silence.
class LiveClock final : public PacketObserver {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds margin{400};

  void on_frame(const Frame& frame) override;

  /// Nanoseconds since the epoch, before which no frame will come any more; nothing as long as none came.
  [[nodiscard]] std::optional<std::int64_t> now(Clock::time_point at = Clock::now()) const;

 private:
  std::optional<std::int64_t> newest_ns_;
  Clock::time_point came_;
};

}  // namespace flowmeter
