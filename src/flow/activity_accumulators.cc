#include "flow/activity_accumulators.h"

namespace flowmeter {
namespace {

constexpr std::int64_t idle_gap_ns = 5'000'000'000;

class ActivityKind final : public AccumulatorOf<ActivityState> {
  void add_packet(ActivityState& state, const Packet& packet, Direction /*direction*/) const override {
    state.add(packet.time_ns);
  }
};

}  // namespace

GapDistribution ActivityState::active() const noexcept {
  GapDistribution periods = ended_;
  if (previous_ns != start_ns) periods.add(previous_ns - start_ns);
  return periods;
}

void ActivityState::add(std::int64_t time_ns) noexcept {
  const bool idled = started && time_ns - previous_ns > idle_gap_ns;
  if (idled) {
    ended_ = active();
    idle.add(time_ns - previous_ns);
  }
  if (idled || !started) start_ns = time_ns;
  started = true;
  previous_ns = time_ns;
}

std::unique_ptr<Accumulator> make_activity(AccumulatorContext&) { return std::make_unique<ActivityKind>(); }

}  // namespace flowmeter
