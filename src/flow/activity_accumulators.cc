#include "flow/activity_accumulators.h"

namespace flowmeter {
namespace {

constexpr std::int64_t idle_gap_ns = 5'000'000'000;

class ActivityKind final : public AccumulatorOf<ActivityState> {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "activity"; }

 private:
  void add_packet(ActivityState& state, const Packet& packet, Direction /*direction*/) const override {
    state.add(packet.time_ns);
  }
  void append_part(ActivityState& state, const ActivityState& later, const PartEdge&) const override {
    state.append(later);
  }
  void turn(ActivityState&) const override {}
};

}  // namespace

GapDistribution ActivityState::active() const noexcept {
  GapDistribution periods = ended_;
  if (idle.count != 0 && first_end_ns != first_ns) periods.add(first_end_ns - first_ns);
  if (previous_ns != start_ns) periods.add(previous_ns - start_ns);
  return periods;
}

/// The last packet so far was the last of its period; the idle gap behind it is not counted yet.
void ActivityState::end_period() noexcept {
  if (idle.count == 0) {
    first_end_ns = previous_ns;
  } else if (previous_ns != start_ns) {
    ended_.add(previous_ns - start_ns);
  }
}

void ActivityState::add(std::int64_t time_ns) noexcept {
  const bool idled = started && time_ns - previous_ns > idle_gap_ns;
  if (idled) {
    end_period();
    idle.add(time_ns - previous_ns);
  }
  if (!started) first_ns = time_ns;
  if (idled || !started) start_ns = time_ns;
  started = true;
  previous_ns = time_ns;
}

void ActivityState::append(const ActivityState& later) noexcept {
  // The later part's first period may go on with the last one of this part: it comes packet by packet.
  add(later.first_ns);
  previous_ns = later.idle.count == 0 ? later.previous_ns : later.first_end_ns;
  if (later.idle.count == 0) return;
  end_period();
  idle.merge(later.idle);
  ended_.merge(later.ended_);
  start_ns = later.start_ns;
  previous_ns = later.previous_ns;
}

std::unique_ptr<Accumulator> make_activity(AccumulatorContext&) { return std::make_unique<ActivityKind>(); }

}  // namespace flowmeter
