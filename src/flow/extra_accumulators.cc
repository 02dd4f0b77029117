#include "flow/extra_accumulators.h"

#include <algorithm>
#include <utility>

#include "flow/part_edge.h"

namespace flowmeter {
namespace {

class IpBytes final : public AccumulatorOf<IpBytesState> {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "IP bytes"; }

 private:
  void add_packet(IpBytesState& state, const Packet& packet, Direction direction) const override {
    state[direction] += packet.facts.ip_bytes;
  }
  void append_part(IpBytesState& state, const IpBytesState& later, const PartEdge&) const override {
    for (const Direction way : directions) state[way] += later[way];
  }
  void turn(IpBytesState& state) const override { state.swap(); }
};

class Carried final : public AccumulatorOf<CarriedState> {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "carried"; }

 private:
  void add_packet(CarriedState& state, const Packet& packet, Direction direction) const override {
    state.bytes[direction] += packet.facts.payload_bytes;
    if (packet.facts.payload_bytes > 0) ++state.packets[direction];
  }
  void append_part(CarriedState& state, const CarriedState& later, const PartEdge&) const override {
    for (const Direction way : directions) {
      state.bytes[way] += later.bytes[way];
      state.packets[way] += later.packets[way];
    }
  }
  void turn(CarriedState& state) const override {
    state.bytes.swap();
    state.packets.swap();
  }
};

class Load final : public AccumulatorOf<LoadState> {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "load"; }

 private:
  void add_packet(LoadState& state, const Packet& packet, Direction direction) const override {
    if (!state.started) state.start_ns = packet.time_ns;
    state.started = true;
    state.bytes[direction] += packet.frame_bytes;
  }
  void append_part(LoadState& state, const LoadState& later, const PartEdge&) const override {
    for (const Direction way : directions) state.bytes[way] += later.bytes[way];
  }
  void turn(LoadState& state) const override { state.bytes.swap(); }
};

class Ttl final : public AccumulatorOf<TtlState> {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "TTL"; }

 private:
  void add_packet(TtlState& state, const Packet& packet, Direction direction) const override {
    if (!packet.facts.has(Fact::ttl)) return;
    const std::uint8_t ttl = packet.facts.ttl;
    TtlState::Way& way = state.of[direction];
    if (!way.known) way = {ttl, ttl, ttl, true};
    way.min = std::min(way.min, ttl);
    way.max = std::max(way.max, ttl);
  }
  void append_part(TtlState& state, const TtlState& later, const PartEdge&) const override {
    for (const Direction way : directions) {
      TtlState::Way& own = state.of[way];
      const TtlState::Way& more = later.of[way];
      if (!more.known) continue;
      if (!own.known) own = more;
      own.min = std::min(own.min, more.min);
      own.max = std::max(own.max, more.max);
    }
  }
  void turn(TtlState& state) const override { state.of.swap(); }
};

class Dscp final : public AccumulatorOf<DscpState> {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "DSCP"; }

 private:
  void add_packet(DscpState& state, const Packet& packet, Direction direction) const override {
    DscpState::Way& way = state.of[direction];
    if (way.started) return;
    way.started = true;
    if (packet.facts.has(Fact::dscp)) way.first = packet.facts.dscp;
  }
  void append_part(DscpState& state, const DscpState& later, const PartEdge&) const override {
    for (const Direction way : directions) {
      if (!state.of[way].started) state.of[way] = later.of[way];
    }
  }
  void turn(DscpState& state) const override { state.of.swap(); }
};

class DontFragment final : public AccumulatorOf<DontFragmentState> {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "don't fragment"; }

 private:
  void add_packet(DontFragmentState& state, const Packet& packet, Direction direction) const override {
    constexpr std::uint16_t dont_fragment = 2;
    if ((packet.facts.ip_flags & dont_fragment) != 0) ++state[direction];
  }
  void append_part(DontFragmentState& state, const DontFragmentState& later, const PartEdge&) const override {
    for (const Direction way : directions) state[way] += later[way];
  }
  void turn(DontFragmentState& state) const override { state.swap(); }
};

class Duplicates final : public AccumulatorOf<DuplicateState> {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "duplicates"; }

 private:
  void add_packet(DuplicateState& state, const Packet& packet, Direction direction) const override {
    const PacketFacts& facts = packet.facts;
    DuplicateState::Likeness now{facts.ip_id, packet.frame_bytes, {}, {}, direction};
    if (facts.has(Fact::sequence)) now.sequence = facts.sequence;
    if (facts.has(Fact::acknowledgement)) now.acknowledgement = facts.acknowledgement;
    if (follows(state, now, packet.time_ns)) ++state.count;
    if (!state.started) state.first = now;
    state.started = true;
    state.previous = now;
    state.previous_ns = packet.time_ns;
  }
  void append_part(DuplicateState& state, const DuplicateState& later, const PartEdge& edge) const override {
    if (follows(state, later.first, edge.first_ns)) ++state.count;
    state.count += later.count;
    state.previous = later.previous;
    state.previous_ns = later.previous_ns;
  }
  void turn(DuplicateState& state) const override {
    for (Direction* direction : {&state.previous.direction, &state.first.direction})
      *direction = opposite(*direction);
  }

  /// Whether that packet looks like the one before.
  static bool follows(const DuplicateState& state, const DuplicateState::Likeness& now,
                      std::int64_t time_ns) {
    constexpr std::int64_t most_ns = 1'000'000;
    // The table has made sure that the difference does not overflow.
    return now.ip_id != 0 && now == state.previous && time_ns - state.previous_ns <= most_ns;
  }
};

class Spans final : public AccumulatorOf<SpanState> {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "spans"; }

 private:
  void add_packet(SpanState& state, const Packet& packet, Direction direction) const override {
    if (!state.of[Direction::forward].started && !state.of[Direction::backward].started)
      state.start_ns = packet.time_ns;
    SpanState::Way& way = state.of[direction];
    if (!way.started) way.first_ns = packet.time_ns;
    way.started = true;
    way.last_ns = packet.time_ns;
  }
  void append_part(SpanState& state, const SpanState& later, const PartEdge&) const override {
    for (const Direction way : directions) {
      SpanState::Way& own = state.of[way];
      const SpanState::Way& more = later.of[way];
      if (!more.started) continue;
      if (!own.started) own.first_ns = more.first_ns;
      own.started = true;
      own.last_ns = more.last_ns;
    }
  }
  void turn(SpanState& state) const override { state.of.swap(); }
};

}  // namespace

std::unique_ptr<Accumulator> make_ip_bytes(AccumulatorContext& context) {
  add_fact_fields(context.fields, {Fact::ip_bytes});
  return std::make_unique<IpBytes>();
}

std::unique_ptr<Accumulator> make_carried(AccumulatorContext& context) {
  add_fact_fields(context.fields, {Fact::payload_bytes});
  return std::make_unique<Carried>();
}

std::unique_ptr<Accumulator> make_load(AccumulatorContext&) { return std::make_unique<Load>(); }

std::unique_ptr<Accumulator> make_ttl(AccumulatorContext& context) {
  add_fact_fields(context.fields, {Fact::ttl});
  return std::make_unique<Ttl>();
}

std::unique_ptr<Accumulator> make_dscp(AccumulatorContext& context) {
  add_fact_fields(context.fields, {Fact::dscp});
  return std::make_unique<Dscp>();
}

std::unique_ptr<Accumulator> make_dont_fragment(AccumulatorContext& context) {
  add_fact_fields(context.fields, {Fact::ip_flags});
  return std::make_unique<DontFragment>();
}

std::unique_ptr<Accumulator> make_duplicates(AccumulatorContext& context) {
  add_fact_fields(context.fields, {Fact::ip_id, Fact::sequence, Fact::acknowledgement});
  return std::make_unique<Duplicates>();
}

std::unique_ptr<Accumulator> make_spans(AccumulatorContext&) { return std::make_unique<Spans>(); }

}  // namespace flowmeter
