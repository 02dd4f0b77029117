#include "flow/splt_accumulator.h"

#include <algorithm>

#include "packet/packet_field.h"

namespace flowmeter {
namespace {

class Splt final : public AccumulatorOf<SpltState> {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "first packets"; }
  explicit Splt(AccumulatorContext& context) : most_(context.settings.splt_packets) {
    add_fact_fields(context.fields, {Fact::payload_bytes});
    if (context.settings.splt_basis == SpltBasis::all) return;
    for (const char* kind : {"retransmission", "fast_retransmission", "spurious_retransmission"}) {
      again_.emplace_back(context.fields, std::string("tcp.analysis.") + kind);
    }
  }

 private:
  void add_packet(SpltState& state, const Packet& packet, Direction direction) const override {
    if (state.size() == most_ || !takes(packet)) return;
    constexpr std::uint16_t flags = 0xfff;
    state.push_back({packet.time_ns, packet.frame_bytes, packet.facts.payload_bytes,
                     static_cast<std::uint16_t>(packet.tcp_flags & flags), direction == Direction::forward});
  }
  void append_part(SpltState& state, const SpltState& later, const PartEdge&) const override {
    const std::size_t more = std::min(most_ - state.size(), later.size());
    state.insert(state.end(), later.begin(), later.begin() + static_cast<std::ptrdiff_t>(more));
  }
  void turn(SpltState& state) const override {
    for (SpltPacket& packet : state) packet.forward = !packet.forward;
  }

  /// All, or those with payload that are no retransmissions.
  [[nodiscard]] bool takes(const Packet& packet) const {
    if (again_.empty()) return true;
    return packet.facts.payload_bytes > 0 &&
           std::none_of(again_.begin(), again_.end(),
                        [&](const PacketField& field) { return field.has(packet); });
  }

  const std::size_t most_;
  std::vector<PacketField> again_;  // set on retransmissions; empty: all packets are taken
};

}  // namespace

std::unique_ptr<Accumulator> make_splt(AccumulatorContext& context) {
  return std::make_unique<Splt>(context);
}

}  // namespace flowmeter
