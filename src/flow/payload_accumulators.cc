#include "flow/payload_accumulators.h"

namespace flowmeter {
namespace {

class PayloadKind final : public AccumulatorOf<PayloadState> {
  static constexpr std::int64_t subflow_gap_ns = 1'000'000'000;

  void add_packet(PayloadState& state, const Packet& packet, Direction direction) const override {
    if (state.subflows == 0) state.start_ns = packet.time_ns;
    if (state.subflows == 0 || packet.time_ns - state.previous_ns > subflow_gap_ns) ++state.subflows;
    state.previous_ns = packet.time_ns;
    Payloads& own = state.of[static_cast<std::size_t>(direction)];
    own.bytes.add(packet.payload_bytes);
    own.data_packets += packet.payload_bytes != 0 ? 1U : 0U;
  }
};

class BulkKind final : public AccumulatorOf<BulkState> {
  static constexpr std::uint64_t least_packets = 4;
  static constexpr std::int64_t longest_gap_ns = 1'000'000'000;

  void add_packet(BulkState& state, const Packet& packet, Direction direction) const override {
    if (packet.payload_bytes == 0) return;
    const std::int64_t gap_ns = packet.time_ns - state.previous_ns;
    const bool goes_on = state.run_packets != 0 && state.run_direction == direction &&
                         gap_ns <= longest_gap_ns;
    if (!goes_on) {
      state.run_packets = state.run_bytes = 0;
      state.run_start_ns = packet.time_ns;
      state.run_direction = direction;
    }
    state.previous_ns = packet.time_ns;
    ++state.run_packets;
    state.run_bytes += packet.payload_bytes;
    Bulks& own = state.bulks[static_cast<std::size_t>(direction)];
    if (state.run_packets == least_packets) {
      ++own.count;
      own.packets += state.run_packets;
      own.bytes += state.run_bytes;
      own.duration_ns += packet.time_ns - state.run_start_ns;
    } else if (state.run_packets > least_packets) {
      ++own.packets;
      own.bytes += packet.payload_bytes;
      own.duration_ns += gap_ns;
    }
  }
};

void add_payload_fields(AccumulatorContext& context) {
  for (const char* field : {"tcp.len", "udp.length"}) context.fields.add(field);
}

}  // namespace

SizeDistribution PayloadState::both() const noexcept {
  SizeDistribution all = of[0].bytes;
  all.merge(of[1].bytes);
  return all;
}

std::unique_ptr<Accumulator> make_payloads(AccumulatorContext& context) {
  add_payload_fields(context);
  return std::make_unique<PayloadKind>();
}

std::unique_ptr<Accumulator> make_bulks(AccumulatorContext& context) {
  add_payload_fields(context);
  return std::make_unique<BulkKind>();
}

}  // namespace flowmeter
