#include "flow/header_accumulators.h"

#include <algorithm>
#include <utility>

namespace flowmeter {
namespace {

class HeaderKind final : public AccumulatorOf<HeaderState> {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "headers"; }

 private:
  void add_packet(HeaderState& state, const Packet& packet, Direction direction) const override {
    Headers& own = state[direction];
    own.bytes += packet.facts.header_bytes;
    own.least_bytes =
        std::min(own.least_bytes.value_or(packet.facts.header_bytes), packet.facts.header_bytes);
  }
  void append_part(HeaderState& state, const HeaderState& later, const PartEdge&) const override {
    for (const Direction way : directions) {
      Headers& own = state[way];
      own.bytes += later[way].bytes;
      if (const auto least = later[way].least_bytes) {
        own.least_bytes = std::min(own.least_bytes.value_or(*least), *least);
      }
    }
  }
  void turn(HeaderState& state) const override { state.swap(); }
};

class FirstWindowKind final : public AccumulatorOf<FirstWindowState> {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "first windows"; }

 private:
  void add_packet(FirstWindowState& state, const Packet& packet, Direction direction) const override {
    auto& own = state[direction];
    if (!own) own = packet.facts.window;
  }
  void append_part(FirstWindowState& state, const FirstWindowState& later, const PartEdge&) const override {
    for (const Direction way : directions) {
      if (!state[way]) state[way] = later[way];
    }
  }
  void turn(FirstWindowState& state) const override { state.swap(); }
};

}  // namespace

std::unique_ptr<Accumulator> make_headers(AccumulatorContext& context) {
  add_fact_fields(context.fields, {Fact::header_bytes});
  return std::make_unique<HeaderKind>();
}

std::unique_ptr<Accumulator> make_first_windows(AccumulatorContext& context) {
  add_fact_fields(context.fields, {Fact::window});
  return std::make_unique<FirstWindowKind>();
}

}  // namespace flowmeter
