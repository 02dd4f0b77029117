#pragma once

#include <memory>
#include <tuple>

#include "flow/accumulator.h"
#include "stats/distribution.h"

namespace flowmeter {

/// Idle and active periods. A gap of more than five seconds, of either direction, is idle; the packets
/// between two such gaps are an active period, which lasts from the first of them to the last.
struct ActivityState {
  GapDistribution idle;
  std::int64_t start_ns = 0;      ///< of the active period that has not ended
  std::int64_t previous_ns = 0;   ///< time of the last packet
  std::int64_t first_ns = 0;      ///< of the first active period
  std::int64_t first_end_ns = 0;  ///< likewise, once it has ended
  bool started = false;           ///< there was a packet

  /// Lengths of the active periods, the last one's too; periods of no length (one packet) are left out.
  [[nodiscard]] GapDistribution active() const noexcept;

  void add(std::int64_t time_ns) noexcept;

  /// Adds the packets behind these.
  void append(const ActivityState& later) noexcept;

  static constexpr auto members() {
    return std::tuple(&ActivityState::idle, &ActivityState::start_ns, &ActivityState::previous_ns,
                      &ActivityState::first_ns, &ActivityState::first_end_ns, &ActivityState::started,
                      &ActivityState::ended_);
  }

 private:
  void end_period() noexcept;

  GapDistribution ended_;  // active periods but the first, which parts before this one may lengthen
};
[[nodiscard]] std::unique_ptr<Accumulator> make_activity(AccumulatorContext& context);

}  // namespace flowmeter
