#include "flow/id_accumulators.h"

#include <fmt/format.h>

#include <utility>

#include "base/error.h"
#include "base/parse.h"
#include "flow/part_edge.h"
#include "packet/packet_field.h"

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

[[noreturn]] void refuse(const char* field, std::string_view text) {
  throw InputError(fmt::format("{} has the value \"{:.40}\"", field, text));
}

class Macs final : public AccumulatorOf<MacState> {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "MAC addresses"; }
  explicit Macs(FieldSet& fields) : source_(fields, "eth.src"), destination_(fields, "eth.dst") {}

 private:
  void add_packet(MacState& state, const Packet& packet, Direction direction) const override {
    if (state.known) return;
    state.known = true;
    const bool forward = direction == Direction::forward;
    state.of[forward ? 0 : 1] = address("eth.src", source_.first(packet));
    state.of[forward ? 1 : 0] = address("eth.dst", destination_.first(packet));
  }
  void append_part(MacState& state, const MacState& later, const PartEdge&) const override {
    if (!state.known) state = later;
  }
  void turn(MacState& state) const override { std::swap(state.of[0], state.of[1]); }

  static std::optional<MacAddress> address(const char* field, std::string_view text) {
    if (text.empty()) return std::nullopt;
    const auto mac = parse_mac(text);
    if (!mac) refuse(field, text);
    return mac;
  }

  PacketField source_, destination_;
};

class Vlan final : public AccumulatorOf<VlanState> {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "VLAN"; }
  explicit Vlan(FieldSet& fields) : id_(fields, "vlan.id") {}

 private:
  void add_packet(VlanState& state, const Packet& packet, Direction) const override {
    if (state.known) return;
    state.known = true;
    const auto tags = id_.values(packet);
    if (tags.empty()) return;
    const auto id = parse_number(tags.back());
    if (!id || *id > 0xffff) refuse("vlan.id", tags.back());
    state.id = static_cast<std::uint16_t>(*id);
  }
  void append_part(VlanState& state, const VlanState& later, const PartEdge&) const override {
    if (!state.known) state = later;
  }
  void turn(VlanState&) const override {}

  PacketField id_;
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
  return std::make_unique<Macs>(context.fields);
}

std::unique_ptr<Accumulator> make_vlan(AccumulatorContext& context) {
  return std::make_unique<Vlan>(context.fields);
}

std::unique_ptr<Accumulator> make_disorder(AccumulatorContext&) { return std::make_unique<Disorder>(); }

std::unique_ptr<Accumulator> make_icmp_errors(AccumulatorContext&) { return std::make_unique<IcmpErrors>(); }

std::unique_ptr<Accumulator> make_tunnel(AccumulatorContext&) { return std::make_unique<Tunnel>(); }

}  // namespace flowmeter
