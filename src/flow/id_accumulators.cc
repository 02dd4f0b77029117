#include "flow/id_accumulators.h"

#include <utility>

#include "flow/part_edge.h"

namespace flowmeter {
namespace {

class LastFrame final : public AccumulatorOf<LastFrameState> {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "last frame"; }
  void renumber(std::byte* state, std::uint64_t frames_before) const override {
    as_state(state).number += frames_before;
  }

 private:
  void add_packet(LastFrameState& state, const Packet& packet, Direction) const override {
    state.number = packet.frame_number;
  }
  void append_part(LastFrameState& state, const LastFrameState& later, const PartEdge&) const override {
    state.number = later.number;
  }
  void turn(LastFrameState&) const override {}
};

class Macs final : public AccumulatorOf<MacState> {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "MAC addresses"; }

 private:
  void add_packet(MacState& state, const Packet& packet, Direction direction) const override {
    if (state.known) return;
    state.known = true;
    const PacketFacts& facts = packet.facts;
    if (facts.has(Fact::source_mac)) state.of[direction] = facts.source_mac;
    if (facts.has(Fact::destination_mac)) state.of[opposite(direction)] = facts.destination_mac;
  }
  void append_part(MacState& state, const MacState& later, const PartEdge&) const override {
    if (!state.known) state = later;
  }
  void turn(MacState& state) const override { state.of.swap(); }
};

class Vlan final : public AccumulatorOf<VlanState> {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "VLAN"; }

 private:
  void add_packet(VlanState& state, const Packet& packet, Direction) const override {
    if (state.known) return;
    state.known = true;
    state.id = packet.facts.vlan_id;
  }
  void append_part(VlanState& state, const VlanState& later, const PartEdge&) const override {
    if (!state.known) state = later;
  }
  void turn(VlanState&) const override {}
};

class Disorder final : public AccumulatorOf<DisorderState> {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "disorder"; }

 private:
  void add_packet(DisorderState& state, const Packet& packet, Direction) const override {
    const std::int64_t time_ns = packet.frame->time_ns;
    if (state.started && time_ns < state.previous_ns) ++state.count;
    state.started = true;
    state.previous_ns = time_ns;
  }
  void append_part(DisorderState& state, const DisorderState& later, const PartEdge& edge) const override {
    if (edge.first_ns < state.previous_ns) ++state.count;
    state.count += later.count;
    state.previous_ns = later.previous_ns;
  }
  void turn(DisorderState&) const override {}
};

class IcmpErrors final : public AccumulatorOf<IcmpErrorState> {
 public:
  void add_error(std::byte* state) const override { ++as_state(state).count; }
  [[nodiscard]] std::string_view name() const noexcept override { return "ICMP errors"; }

 private:
  void add_packet(IcmpErrorState&, const Packet&, Direction) const override {}
  void append_part(IcmpErrorState& state, const IcmpErrorState& later, const PartEdge&) const override {
    state.count += later.count;
  }
  void turn(IcmpErrorState&) const override {}
};

class Tunnel final : public AccumulatorOf<TunnelState> {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "tunnel"; }

 private:
  void add_packet(TunnelState& state, const Packet& packet, Direction) const override {
    state.seen |= packet.frame->ip_layers > 1;
  }
  void append_part(TunnelState& state, const TunnelState& later, const PartEdge&) const override {
    state.seen |= later.seen;
  }
  void turn(TunnelState&) const override {}
};

}  // namespace

std::unique_ptr<Accumulator> make_last_frame(AccumulatorContext& context) {
  context.fields.add("frame.number");
  return std::make_unique<LastFrame>();
}

std::unique_ptr<Accumulator> make_macs(AccumulatorContext& context) {
  add_fact_fields(context.fields, {Fact::source_mac, Fact::destination_mac});
  return std::make_unique<Macs>();
}

std::unique_ptr<Accumulator> make_vlan(AccumulatorContext& context) {
  add_fact_fields(context.fields, {Fact::vlan_id});
  return std::make_unique<Vlan>();
}

std::unique_ptr<Accumulator> make_disorder(AccumulatorContext&) { return std::make_unique<Disorder>(); }

std::unique_ptr<Accumulator> make_icmp_errors(AccumulatorContext&) { return std::make_unique<IcmpErrors>(); }

std::unique_ptr<Accumulator> make_tunnel(AccumulatorContext&) { return std::make_unique<Tunnel>(); }

}  // namespace flowmeter
