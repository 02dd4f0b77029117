#include "flow/accumulators.h"

#include <utility>

#include "flow/part_edge.h"

namespace flowmeter {
namespace {

/// `Basis` finds the size in a packet.
template <class Basis>
class Sizes final : public AccumulatorOf<SizeState> {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "sizes"; }

 private:
  void add_packet(SizeState& state, const Packet& packet, Direction direction) const override {
    state[direction].add(Basis::of(packet));
  }
  void append_part(SizeState& state, const SizeState& later, const PartEdge&) const override {
    for (const Direction way : directions) state[way].merge(later[way]);
  }
  void turn(SizeState& state) const override { state.swap(); }
};

struct FrameBytes {
  static std::uint32_t of(const Packet& packet) { return packet.frame_bytes; }
};
struct IpPacketBytes {
  static std::uint32_t of(const Packet& packet) { return packet.facts.ip_bytes; }
};
struct PayloadBytes {
  static std::uint32_t of(const Packet& packet) { return packet.facts.payload_bytes; }
};

class Start final : public AccumulatorOf<StartState> {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "start"; }

 private:
  void add_packet(StartState& state, const Packet& packet, Direction /*direction*/) const override {
    if (!state.known) state = {packet.time_ns, true};
  }
  void append_part(StartState&, const StartState&, const PartEdge&) const override {}
  void turn(StartState&) const override {}
};

/// What ends a flow is no matter of its parts: the table cuts by it.
class Close final : public WholeAccumulatorOf<CloseState> {
  void add_packet(CloseState& state, const Packet& packet, Direction direction) const override {
    if (packet.key.transport != Transport::tcp) return;
    if ((packet.tcp_flags & tcp_flag::fin) != 0)
      state.fins |= static_cast<std::uint8_t>(1U << static_cast<unsigned>(direction));
    if (state.fins == 3 || (packet.tcp_flags & tcp_flag::rst) != 0) state.closed = true;
  }
};

class Gaps final : public AccumulatorOf<GapState> {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "gaps"; }

 private:
  void add_packet(GapState& state, const Packet& packet, Direction direction) const override {
    if (state.started[direction]) {
      // The table has made sure that this does not overflow.
      state.gaps[direction].add(packet.time_ns - state.previous_ns[direction]);
    }
    state.started[direction] = true;
    state.previous_ns[direction] = packet.time_ns;
  }
  void append_part(GapState& state, const GapState& later, const PartEdge& edge) const override {
    for (const Direction way : directions) {
      if (!later.started[way]) continue;
      if (state.started[way]) state.gaps[way].add(edge.gap(way, state.previous_ns[way]));
      state.gaps[way].merge(later.gaps[way]);
      state.started[way] = true;
      state.previous_ns[way] = later.previous_ns[way];
    }
  }
  void turn(GapState& state) const override {
    state.gaps.swap();
    state.previous_ns.swap();
    state.started.swap();
  }
};

class FlowGaps final : public AccumulatorOf<FlowGapState> {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "flow gaps"; }

 private:
  void add_packet(FlowGapState& state, const Packet& packet, Direction /*direction*/) const override {
    if (state.started) state.gaps.add(packet.time_ns - state.previous_ns);
    state.started = true;
    state.previous_ns = packet.time_ns;
  }
  void append_part(FlowGapState& state, const FlowGapState& later, const PartEdge& edge) const override {
    state.gaps.add(edge.first_ns - state.previous_ns);
    state.gaps.merge(later.gaps);
    state.previous_ns = later.previous_ns;
  }
  void turn(FlowGapState&) const override {}
};

class Flags final : public AccumulatorOf<FlagState> {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "flags"; }

 private:
  void add_packet(FlagState& state, const Packet& packet, Direction direction) const override {
    auto& counts = state[direction];
    for (std::size_t bit = 0; bit < counts.size(); ++bit) {
      counts[bit].add((packet.tcp_flags >> bit) & 1U);
    }
  }
  void append_part(FlagState& state, const FlagState& later, const PartEdge&) const override {
    for (const Direction way : directions) {
      for (std::size_t bit = 0; bit < state[way].size(); ++bit) state[way][bit].merge(later[way][bit]);
    }
  }
  void turn(FlagState& state) const override { state.swap(); }
};

}  // namespace

std::unique_ptr<Accumulator> make_sizes(AccumulatorContext& context) {
  switch (context.settings.size) {
    case SizeBasis::ip:
      add_fact_fields(context.fields, {Fact::ip_bytes});
      return std::make_unique<Sizes<IpPacketBytes>>();
    case SizeBasis::payload:
      add_fact_fields(context.fields, {Fact::payload_bytes});
      return std::make_unique<Sizes<PayloadBytes>>();
    case SizeBasis::frame:
      break;
  }
  return std::make_unique<Sizes<FrameBytes>>();
}

std::unique_ptr<Accumulator> make_start(AccumulatorContext&) { return std::make_unique<Start>(); }
std::unique_ptr<Accumulator> make_close(AccumulatorContext&) { return std::make_unique<Close>(); }
std::unique_ptr<Accumulator> make_gaps(AccumulatorContext&) { return std::make_unique<Gaps>(); }
std::unique_ptr<Accumulator> make_flow_gaps(AccumulatorContext&) { return std::make_unique<FlowGaps>(); }
std::unique_ptr<Accumulator> make_flags(AccumulatorContext&) { return std::make_unique<Flags>(); }

}  // namespace flowmeter
