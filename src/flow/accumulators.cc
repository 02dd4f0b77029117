#include "flow/accumulators.h"

namespace flowmeter {
namespace {

constexpr std::size_t index(Direction direction) { return static_cast<std::size_t>(direction); }

class Sizes final : public AccumulatorOf<SizeState> {
  void add_packet(SizeState& state, const Packet& packet, Direction direction) const override {
    state[index(direction)].add(packet.frame_bytes);
  }
};

class Gaps final : public AccumulatorOf<GapState> {
  void add_packet(GapState& state, const Packet& packet, Direction direction) const override {
    const std::size_t way = index(direction);
    if (state.started[way]) {
      // The table has made sure that this does not overflow.
      state.gaps[way].add(packet.time_ns - state.previous_ns[way]);
    }
    state.started[way] = true;
    state.previous_ns[way] = packet.time_ns;
  }
};

class Flags final : public AccumulatorOf<FlagState> {
  void add_packet(FlagState& state, const Packet& packet, Direction direction) const override {
    auto& counts = state[index(direction)];
    for (std::size_t bit = 0; bit < counts.size(); ++bit) {
      counts[bit].add((packet.tcp_flags >> bit) & 1U);
    }
  }
};

}  // namespace

std::unique_ptr<Accumulator> make_sizes(FieldSet&) { return std::make_unique<Sizes>(); }
std::unique_ptr<Accumulator> make_gaps(FieldSet&) { return std::make_unique<Gaps>(); }
std::unique_ptr<Accumulator> make_flags(FieldSet&) { return std::make_unique<Flags>(); }

}  // namespace flowmeter
