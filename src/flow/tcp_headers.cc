#include "flow/tcp_headers.h"

#include <limits>
#include <utility>

#include "packet/packet_field.h"

namespace flowmeter {
namespace {

using namespace tcp_flag;

class Syns final : public AccumulatorOf<SynState> {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "SYN options"; }

 private:
  void add_packet(SynState& state, const Packet& packet, Direction direction) const override {
    SynOptions& offer = state[direction];
    if (offer.seen || (packet.tcp_flags & syn) == 0) return;
    offer.seen = true;
    const PacketFacts& facts = packet.facts;
    offer.window = facts.window;
    offer.segment_bytes = facts.segment_bytes;
    if (facts.has(Fact::window_shift)) offer.window_shift = facts.window_shift;
    offer.sack = facts.has(Fact::sack_permitted);
  }
  void append_part(SynState& state, const SynState& later, const PartEdge&) const override {
    for (const Direction way : directions) {
      if (!state[way].seen) state[way] = later[way];
    }
  }
  void turn(SynState& state) const override { state.swap(); }
};

class Windows final : public WholeAccumulatorOf<WindowState> {
 public:
  explicit Windows(AccumulatorContext& context) : window_(context.fields, "tcp.window_size") {}

 private:
  void add_packet(WindowState& state, const Packet& packet, Direction direction) const override {
    if (packet.key.transport != Transport::tcp || (packet.tcp_flags & (syn | rst)) != 0) return;
    constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
    state[direction].add(static_cast<std::uint32_t>(window_.number(packet, most).value_or(0)));
  }

  const PacketField window_;
};

void take_step(HandshakeState& state, const Packet& packet, bool is_forward) {
  const bool is_syn = (packet.tcp_flags & syn) != 0, is_ack = (packet.tcp_flags & ack) != 0;
  if (is_forward && is_syn && !is_ack && state.steps < 2) {
    state.syn_ns = packet.time_ns;
    state.steps = 1;
  } else if (!is_forward && is_syn && is_ack && state.steps == 1) {
    state.synack_ns = packet.time_ns;
    state.steps = 2;
  } else if (is_forward && is_ack && (packet.tcp_flags & (syn | rst)) == 0 && state.steps == 2) {
    state.ack_ns = packet.time_ns;
    state.steps = 3;
  }
}

/// Of flows that are whole.
class Handshake final : public WholeAccumulatorOf<HandshakeState> {
  void add_packet(HandshakeState& state, const Packet& packet, Direction direction) const override {
    take_step(state, packet, direction == Direction::forward);
  }
};

/// No time yet.
constexpr std::int64_t unchanged_ns = std::numeric_limits<std::int64_t>::min();

/// Of flows that may be parts.
class PartialHandshake final : public AccumulatorOf<HandshakeParts> {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "handshake"; }

 private:
  void add_packet(HandshakeParts& state, const Packet& packet, Direction direction) const override {
    for (const Direction way : directions) {
      for (HandshakeState& handshake : state.of[way]) take_step(handshake, packet, direction == way);
    }
  }
  void append_part(HandshakeParts& state, const HandshakeParts& later, const PartEdge&) const override {
    for (const Direction way : directions) {
      for (HandshakeState& handshake : state.of[way]) {
        if (handshake.steps < 3) go_on(handshake, later.of[way][handshake.steps]);
      }
    }
  }
  void turn(HandshakeParts& state) const override { state.of.swap(); }

  /// `then`: what it came to in the packets behind.
  static void go_on(HandshakeState& state, const HandshakeState& then) {
    if (then.syn_ns != unchanged_ns) state.syn_ns = then.syn_ns;
    if (then.synack_ns != unchanged_ns) state.synack_ns = then.synack_ns;
    if (then.ack_ns != unchanged_ns) state.ack_ns = then.ack_ns;
    state.steps = then.steps;
  }
};

class Completeness final : public AccumulatorOf<CompletenessState> {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "completeness"; }

 private:
  void add_packet(CompletenessState& state, const Packet& packet, Direction /*direction*/) const override {
    if (packet.key.transport != Transport::tcp) return;
    const auto has = [&packet](std::uint16_t flag) { return (packet.tcp_flags & flag) != 0; };
    unsigned bits = state.bits;
    if (has(syn)) {
      bits |= has(ack) ? 2U : 1U;
    } else if (has(ack)) {
      bits |= 4U;
    }
    if (packet.facts.payload_bytes != 0) bits |= 8U;
    if (has(fin)) bits |= 16U;
    if (has(rst)) bits |= 32U;
    state.bits = static_cast<std::uint8_t>(bits);
  }
  void append_part(CompletenessState& state, const CompletenessState& later, const PartEdge&) const override {
    state.bits = static_cast<std::uint8_t>(state.bits | later.bits);
  }
  void turn(CompletenessState&) const override {}
};

class Endings final : public AccumulatorOf<EndingState> {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "endings"; }

 private:
  void add_packet(EndingState& state, const Packet& packet, Direction direction) const override {
    if ((packet.tcp_flags & fin) != 0 && !state.fin) state.fin = direction;
    if ((packet.tcp_flags & rst) != 0 && !state.rst) state.rst = direction;
  }
  void append_part(EndingState& state, const EndingState& later, const PartEdge&) const override {
    if (!state.fin) state.fin = later.fin;
    if (!state.rst) state.rst = later.rst;
  }
  void turn(EndingState& state) const override {
    for (std::optional<Direction>* ending : {&state.fin, &state.rst}) {
      if (*ending) *ending = opposite(**ending);
    }
  }
};

}  // namespace

HandshakeParts::HandshakeParts() {
  for (auto& by_steps : of) {
    std::uint8_t steps = 0;
    for (auto& parts : by_steps) parts = {unchanged_ns, unchanged_ns, unchanged_ns, steps++};
  }
}

std::unique_ptr<Accumulator> make_syns(AccumulatorContext& context) {
  add_fact_fields(context.fields,
                  {Fact::window, Fact::segment_bytes, Fact::window_shift, Fact::sack_permitted});
  return std::make_unique<Syns>();
}
std::unique_ptr<Accumulator> make_windows(AccumulatorContext& context) {
  return std::make_unique<Windows>(context);
}
std::unique_ptr<Accumulator> make_handshake(AccumulatorContext& context) {
  if (context.settings.parts) return std::make_unique<PartialHandshake>();
  return std::make_unique<Handshake>();
}
std::unique_ptr<Accumulator> make_completeness(AccumulatorContext& context) {
  context.fields.add("tcp.len");
  return std::make_unique<Completeness>();
}
std::unique_ptr<Accumulator> make_endings(AccumulatorContext&) { return std::make_unique<Endings>(); }

}  // namespace flowmeter
