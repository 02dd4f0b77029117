#include "flow/part_edge.h"

#include <utility>

namespace flowmeter {
namespace {

class PartEdges final : public AccumulatorOf<PartEdge> {
 public:
  explicit PartEdges(FieldSet& fields) : facts_(fields) {}
  [[nodiscard]] std::string_view name() const noexcept override { return "edge"; }

 private:
  void add_packet(PartEdge& state, const Packet& packet, Direction direction) const override {
    if (!state.started[Direction::forward] && !state.started[Direction::backward])
      state.first_ns = packet.time_ns;
    if (!state.started[direction]) state.first_of_ns[direction] = packet.time_ns;
    state.started[direction] = true;
    if (packet.key.transport != Transport::tcp) return;
    const StreamFacts facts = facts_.of(packet, false);
    if (facts.numbers.known) state.initial.learn(sender_of(facts), packet.tcp_flags, facts.numbers);
  }

  void append_part(PartEdge& state, const PartEdge& later, const PartEdge&) const override {
    for (const Direction way : directions) {
      if (state.started[way] || !later.started[way]) continue;
      state.started[way] = true;
      state.first_of_ns[way] = later.first_of_ns[way];
    }
    state.initial.append(later.initial);
  }

  void turn(PartEdge& state) const override {
    state.first_of_ns.swap();
    state.started.swap();
  }

  StreamFactsReader facts_;
};

}  // namespace

std::unique_ptr<Accumulator> make_part_edge(AccumulatorContext& context) {
  return std::make_unique<PartEdges>(context.fields);
}

}  // namespace flowmeter
