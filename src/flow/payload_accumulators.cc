#include "flow/payload_accumulators.h"

#include <utility>

#include "flow/part_edge.h"

namespace flowmeter {
namespace {

class PayloadKind final : public AccumulatorOf<PayloadState> {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "payloads"; }

 private:
  static constexpr std::int64_t subflow_gap_ns = 1'000'000'000;

  void add_packet(PayloadState& state, const Packet& packet, Direction direction) const override {
    if (state.subflows == 0) state.start_ns = packet.time_ns;
    if (state.subflows == 0 || packet.time_ns - state.previous_ns > subflow_gap_ns) ++state.subflows;
    state.previous_ns = packet.time_ns;
    Payloads& own = state.of[direction];
    own.bytes.add(packet.facts.payload_bytes);
    own.data_packets += packet.facts.payload_bytes != 0 ? 1U : 0U;
  }
  void append_part(PayloadState& state, const PayloadState& later, const PartEdge& edge) const override {
    state.subflows += later.subflows - (edge.first_ns - state.previous_ns > subflow_gap_ns ? 0U : 1U);
    state.previous_ns = later.previous_ns;
    for (const Direction way : directions) {
      state.of[way].bytes.merge(later.of[way].bytes);
      state.of[way].data_packets += later.of[way].data_packets;
    }
  }
  void turn(PayloadState& state) const override { state.of.swap(); }
};

constexpr std::uint64_t least_bulk_packets = 4;
constexpr std::int64_t longest_bulk_gap_ns = 1'000'000'000;

/// Counts the run among the bulks if it is one.
void count(Bulks& bulks, const BulkState::Run& run) {
  if (run.packets < least_bulk_packets) return;
  ++bulks.count;
  bulks.packets += run.packets;
  bulks.bytes += run.bytes;
  bulks.duration_ns += run.end_ns - run.start_ns;
}

/// The last run is over.
void end_run(BulkState& state) {
  const BulkState::Run run = std::exchange(state.last, {});
  if (run.packets == 0) return;
  if (state.first.packets == 0) {
    state.first = run;
  } else {
    count(state.ended[run.direction], run);
  }
}

/// The flow's next payload packets, of one run: the last one goes on, or there is a new one.
void take(BulkState& state, const BulkState::Run& run) {
  BulkState::Run& last = state.last;
  const bool goes_on = last.packets != 0 && last.direction == run.direction &&
                       run.start_ns - last.end_ns <= longest_bulk_gap_ns;
  if (goes_on) {
    last.packets += run.packets;
    last.bytes += run.bytes;
    last.end_ns = run.end_ns;
  } else {
    end_run(state);
    last = run;
  }
}

class BulkKind final : public AccumulatorOf<BulkState> {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "bulks"; }

 private:
  void add_packet(BulkState& state, const Packet& packet, Direction direction) const override {
    if (packet.facts.payload_bytes == 0) return;
    take(state, {1, packet.facts.payload_bytes, packet.time_ns, packet.time_ns, direction});
  }
  void append_part(BulkState& state, const BulkState& later, const PartEdge&) const override {
    if (later.last.packets == 0) return;
    if (later.first.packets != 0) {
      take(state, later.first);
      end_run(state);
    }
    for (const Direction way : directions) add(state.ended[way], later.ended[way]);
    take(state, later.last);
  }
  void turn(BulkState& state) const override {
    state.ended.swap();
    for (BulkState::Run* run : {&state.first, &state.last}) {
      if (run->packets != 0) run->direction = opposite(run->direction);
    }
  }

  static void add(Bulks& bulks, const Bulks& more) {
    bulks.count += more.count;
    bulks.packets += more.packets;
    bulks.bytes += more.bytes;
    bulks.duration_ns += more.duration_ns;
  }
};

void add_payload_fields(AccumulatorContext& context) {
  add_fact_fields(context.fields, {Fact::payload_bytes});
}

}  // namespace

SizeDistribution PayloadState::both() const noexcept {
  SizeDistribution all = of[Direction::forward].bytes;
  all.merge(of[Direction::backward].bytes);
  return all;
}

Bulks BulkState::bulks(Direction direction) const noexcept {
  Bulks all = ended[direction];
  if (first.direction == direction) count(all, first);
  if (last.direction == direction) count(all, last);
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
