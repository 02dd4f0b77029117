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
    const auto way = static_cast<std::size_t>(direction);
    if (!state.started[0] && !state.started[1]) state.first_ns = packet.time_ns;
    if (!state.started[way]) state.first_of_ns[way] = packet.time_ns;
    state.started[way] = true;
    if (packet.key.transport != Transport::tcp) return;
    const StreamFacts facts = facts_.of(packet, false);
    if (facts.numbers.known) state.initial.learn(side_of(facts), packet.tcp_flags, facts.numbers);
  }

  void append_part(PartEdge& state, const PartEdge& later, const PartEdge&) const override {
    for (const std::size_t way : {0U, 1U}) {
      if (state.started[way] || !later.started[way]) continue;
      state.started[way] = true;
      state.first_of_ns[way] = later.first_of_ns[way];
    }
    state.initial.append(later.initial);
  }

  void turn(PartEdge& state) const override {
    std::swap(state.first_of_ns[0], state.first_of_ns[1]);
    std::swap(state.started[0], state.started[1]);
  }

  StreamFactsReader facts_;
};

}  // namespace

std::unique_ptr<Accumulator> make_part_edge(AccumulatorContext& context) {
  return std::make_unique<PartEdges>(context.fields);
}

}  // namespace flowmeter
