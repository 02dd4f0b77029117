#pragma once

#include <cstdint>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "flow/accumulators.h"
#include "flow/flow_table.h"
#include "support.h"

namespace flowmeter::test {

/// Numbers of the frames whose packets a flow was given, by direction.
struct Trace {
  std::vector<std::uint64_t> forward, backward;
  int errors = 0;  ///< ICMP errors

  static constexpr auto members() { return std::tuple(&Trace::forward, &Trace::backward, &Trace::errors); }
};

class Tracer final : public AccumulatorOf<Trace> {
  void add_packet(Trace& state, const Packet& packet, Direction direction) const override {
    (direction == Direction::forward ? state.forward : state.backward).push_back(packet.frame_number);
  }
  void append_part(Trace& state, const Trace& later, const PartEdge&) const override {
    state.forward.insert(state.forward.end(), later.forward.begin(), later.forward.end());
    state.backward.insert(state.backward.end(), later.backward.begin(), later.backward.end());
    state.errors += later.errors;
  }
  void turn(Trace& state) const override { state.forward.swap(state.backward); }

 public:
  std::string_view name() const noexcept override { return "trace"; }
  void add_error(std::byte* state) const override { ++as_state(state).errors; }
};

inline std::unique_ptr<Accumulator> make_trace(AccumulatorContext&) { return std::make_unique<Tracer>(); }

/// The state of an accumulator of its own.
template <class State>
class Kept {
 public:
  explicit Kept(AccumulatorFactory factory, const FeatureSettings& settings = {}) {
    FieldSet fields;
    AccumulatorContext context{fields, settings};
    accumulator_ = factory(context);
    EXPECT_EQ(accumulator_->size(), sizeof(State));
    EXPECT_EQ(accumulator_->alignment(), alignof(State));
    accumulator_->construct(memory_);
  }
  ~Kept() { accumulator_->destroy(memory_); }
  Kept(const Kept&) = delete;
  Kept& operator=(const Kept&) = delete;

  void add(const Packet& packet, Direction direction) { accumulator_->add(memory_, packet, direction); }
  const State& state() const { return *std::launder(reinterpret_cast<const State*>(memory_)); }

 private:
  std::unique_ptr<Accumulator> accumulator_;
  alignas(State) std::byte memory_[sizeof(State)];
};

/// What is left of a finished flow.
struct Ended {
  StreamKey key;
  Endpoint source, destination;
  std::int64_t first_ns = 0, last_ns = 0;
  std::uint64_t first_frame = 0;
  std::uint32_t split_index = 0;
  EndReason reason = EndReason::idle;
  Trace trace;
  DirectionBasis basis = DirectionBasis::first;
  std::uint64_t at_frame = 0;  ///< the frame during which it was handed over
};

/// A flow table on hand-made frames, and the flows that it hands over.
class Bench final : public FlowSink {
 public:
  explicit Bench(const FlowPolicy& policy = {}) : table_(policy, accumulators(), *this) {}

  /// A frame at this time with these packets, whose times and numbers are filled in.
  void frame(std::int64_t time_ns, std::vector<Packet> packets = {}, std::vector<StreamKey> quoted = {}) {
    ++frame_number;
    std::uint8_t order = 0;
    for (Packet& packet : packets) {
      packet.time_ns = time_ns;
      packet.frame_number = frame_number;
      packet.order_in_frame = order++;
    }
    std::vector<Packet> headers(quoted.size());
    for (std::size_t i = 0; i < quoted.size(); ++i) headers[i].key = quoted[i];
    const Frame frame{
        .number = frame_number, .time_ns = time_ns, .bytes = 0, .packets = packets, .quoted = headers};
    table_.on_frame(frame);
    for (const Packet& packet : packets) table_.on_packet(packet);
    table_.on_frame_end(frame);
  }

  void end() { table_.on_end(EndOfInput::complete); }

  void on_flow(const Flow& flow, EndReason reason) override {
    if (refuse) throw std::runtime_error("refused");
    const auto& trace = *std::launder(reinterpret_cast<const Trace*>(flow.states()));
    ended.push_back({flow.key, flow.source, flow.destination, flow.first_ns, flow.last_ns, flow.first_frame,
                     flow.split_index, reason, trace, flow.basis, frame_number});
  }

  /// The streams of the flows handed over since the last call: "3 1 4".
  std::string streams() {
    std::string text;
    for (; told_ < ended.size(); ++told_) {
      if (!text.empty()) text += ' ';
      text += std::to_string(ended[told_].key.stream);
    }
    return text;
  }

  FlowTable& table() { return table_; }

  std::uint64_t frame_number = 0;
  std::vector<Ended> ended;
  bool refuse = false;

 private:
  const AccumulatorSet& accumulators() {
    FieldSet none;
    const FeatureSettings settings;
    AccumulatorContext context{none, settings};
    set_.add(&make_trace, context);
    set_.add(&make_start, context);
    set_.add(&make_close, context);
    return set_;
  }

  AccumulatorSet set_;
  FlowTable table_;
  std::size_t told_ = 0;
};

/// A packet of a TCP stream from one endpoint to another.
inline Packet tcp(std::uint64_t stream, const Endpoint& source, const Endpoint& destination) {
  Packet packet;
  packet.key = {Transport::tcp, stream};
  packet.source = source;
  packet.destination = destination;
  return packet;
}

inline Packet udp(std::uint64_t stream, const Endpoint& source, const Endpoint& destination) {
  Packet packet = tcp(stream, source, destination);
  packet.key.transport = Transport::udp;
  return packet;
}

inline Packet request(std::uint64_t stream) { return tcp(stream, client, server); }
inline Packet reply(std::uint64_t stream) { return tcp(stream, server, client); }

}  // namespace flowmeter::test
