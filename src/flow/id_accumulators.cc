#include "flow/id_accumulators.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/parse.h"
#include "packet/packet_field.h"

namespace flowmeter {
namespace {

class LastFrame final : public AccumulatorOf<LastFrameState> {
  void add_packet(LastFrameState& state, const Packet& packet, Direction) const override {
    state.number = packet.frame_number;
  }
};

[[noreturn]] void refuse(const char* field, std::string_view text) {
  throw InputError(fmt::format("{} has the value \"{:.40}\"", field, text));
}

class Macs final : public AccumulatorOf<MacState> {
 public:
  explicit Macs(FieldSet& fields) : source_(fields, "eth.src"), destination_(fields, "eth.dst") {}

 private:
  void add_packet(MacState& state, const Packet& packet, Direction direction) const override {
    if (state.known) return;
    state.known = true;
    const bool forward = direction == Direction::forward;
    state.of[forward ? 0 : 1] = address("eth.src", source_.first(packet));
    state.of[forward ? 1 : 0] = address("eth.dst", destination_.first(packet));
  }

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

  PacketField id_;
};

class Disorder final : public AccumulatorOf<DisorderState> {
  void add_packet(DisorderState& state, const Packet& packet, Direction) const override {
    const std::int64_t time_ns = packet.frame->time_ns;
    if (state.started && time_ns < state.previous_ns) ++state.count;
    state.started = true;
    state.previous_ns = time_ns;
  }
};

class IcmpErrors final : public AccumulatorOf<IcmpErrorState> {
 public:
  void add_error(std::byte* state) const override { ++as_state(state).count; }

 private:
  void add_packet(IcmpErrorState&, const Packet&, Direction) const override {}
};

class Tunnel final : public AccumulatorOf<TunnelState> {
  void add_packet(TunnelState& state, const Packet& packet, Direction) const override {
    state.seen |= packet.frame->ip_layers > 1;
  }
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

std::unique_ptr<Accumulator> make_disorder(AccumulatorContext&) {
  return std::make_unique<Disorder>();
}

std::unique_ptr<Accumulator> make_icmp_errors(AccumulatorContext&) {
  return std::make_unique<IcmpErrors>();
}

std::unique_ptr<Accumulator> make_tunnel(AccumulatorContext&) { return std::make_unique<Tunnel>(); }

}  // namespace flowmeter
