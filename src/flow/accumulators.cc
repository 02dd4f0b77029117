#include "flow/accumulators.h"

namespace flowmeter {
namespace {

constexpr std::size_t index(Direction direction) { return static_cast<std::size_t>(direction); }

/// `basis` is one of the sizes in Packet.
template <std::uint32_t Packet::*basis>
class Sizes final : public AccumulatorOf<SizeState> {
  void add_packet(SizeState& state, const Packet& packet, Direction direction) const override {
    state[index(direction)].add(packet.*basis);
  }
};

class Start final : public AccumulatorOf<StartState> {
  void add_packet(StartState& state, const Packet& packet, Direction /*direction*/) const override {
    if (!state.known) state = {packet.time_ns, true};
  }
};

class Close final : public AccumulatorOf<CloseState> {
  void add_packet(CloseState& state, const Packet& packet, Direction direction) const override {
    if (packet.key.transport != Transport::tcp) return;
    if ((packet.tcp_flags & tcp_flag::fin) != 0) state.fins |= static_cast<std::uint8_t>(1U << index(direction));
    if (state.fins == 3 || (packet.tcp_flags & tcp_flag::rst) != 0) state.closed = true;
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

class FlowGaps final : public AccumulatorOf<FlowGapState> {
  void add_packet(FlowGapState& state, const Packet& packet, Direction /*direction*/) const override {
    if (state.started) state.gaps.add(packet.time_ns - state.previous_ns);
    state.started = true;
    state.previous_ns = packet.time_ns;
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

std::unique_ptr<Accumulator> make_sizes(AccumulatorContext& context) {
  switch (context.settings.size) {
    case SizeBasis::ip:
      for (const char* field : {"ip.len", "ipv6.plen"}) context.fields.add(field);
      return std::make_unique<Sizes<&Packet::ip_bytes>>();
    case SizeBasis::payload:
      for (const char* field : {"tcp.len", "udp.length"}) context.fields.add(field);
      return std::make_unique<Sizes<&Packet::payload_bytes>>();
    case SizeBasis::frame:
      break;
  }
  return std::make_unique<Sizes<&Packet::frame_bytes>>();
}

std::unique_ptr<Accumulator> make_start(AccumulatorContext&) { return std::make_unique<Start>(); }
std::unique_ptr<Accumulator> make_close(AccumulatorContext&) { return std::make_unique<Close>(); }
std::unique_ptr<Accumulator> make_gaps(AccumulatorContext&) { return std::make_unique<Gaps>(); }
std::unique_ptr<Accumulator> make_flow_gaps(AccumulatorContext&) { return std::make_unique<FlowGaps>(); }
std::unique_ptr<Accumulator> make_flags(AccumulatorContext&) { return std::make_unique<Flags>(); }

}  // namespace flowmeter
