// The flow table on packets that the input chooses, against the rules step by step.

#include <algorithm>
#include <memory>
#include <optional>
#include <tuple>
#include <vector>

#include "flow/accumulators.h"
#include "flow/flow_table.h"
#include "fuzz.h"

namespace {

using namespace flowmeter;
using fuzz::require;

using Frames = std::vector<std::uint64_t>;

/// The numbers of a flow's frames, by direction.
struct Trace {
  Frames forward, backward;
};

class Tracer final : public WholeAccumulatorOf<Trace> {
  void add_packet(Trace& state, const Packet& packet, Direction direction) const override {
    (direction == Direction::forward ? state.forward : state.backward).push_back(packet.frame_number);
  }
};

std::unique_ptr<Accumulator> make_trace(AccumulatorContext&) { return std::make_unique<Tracer>(); }

/// What is told of a flow that has ended.
struct Told {
  StreamKey key;
  Endpoint source, destination;
  std::int64_t first_ns = 0, last_ns = 0;
  std::uint64_t first_frame = 0;
  std::uint32_t split_index = 0;
  EndReason reason = EndReason::idle;
  Frames forward, backward;

  friend bool operator==(const Told&, const Told&) = default;
};

class Listener final : public FlowSink {
 public:
  void on_flow(const Flow& flow, EndReason reason) override {
    const auto& trace = *std::launder(reinterpret_cast<const Trace*>(flow.states()));
    flows.push_back({flow.key, flow.source, flow.destination, flow.first_ns, flow.last_ns, flow.first_frame,
                     flow.split_index, reason, trace.forward, trace.backward});
  }

  std::vector<Told> flows;
};

/// A frame with its packets.
struct Event {
  std::int64_t time_ns = 0;
  std::vector<Packet> packets;
};

/// The rules, looking at every open flow every time.
class Model {
 public:
  explicit Model(const FlowPolicy& policy) : policy_(policy) {}

  void frame(const Event& event) {
    clock_ = std::max(clock_.value_or(event.time_ns), event.time_ns);
    end_all([&](const Open& flow) { return overdue(flow) > 0; }, EndReason::idle);
    for (const Packet& packet : event.packets) add(packet);
    std::sort(cut_.begin(), cut_.end(), [](const Open& a, const Open& b) {
      return std::tuple(a.told.first_frame, a.order) < std::tuple(b.told.first_frame, b.order);
    });
    for (Open& flow : cut_) flows.push_back(std::move(flow.told));
    cut_.clear();
  }

  void end() {
    end_all([](const Open&) { return true; }, EndReason::end_of_input);
  }

  std::vector<Told> flows;

 private:
  struct Open {
    Told told;
    std::uint8_t order = 0;
    std::int64_t start = 0, previous = 0, touched = 0;
  };

  /// How long ago the flow's time has run out.
  std::int64_t overdue(const Open& flow) const {
    return *clock_ - flow.touched - policy_.idle_timeout(flow.told.key.transport).count();
  }

  std::optional<EndReason> over_before(const Open& flow, std::int64_t time) const {
    const std::int64_t idle = policy_.idle_timeout(flow.told.key.transport).count();
    if (time - flow.previous > idle) return EndReason::idle;
    const auto& active = policy_.active_timeout;
    if (active && time - flow.start > active->count()) return EndReason::active;
    return std::nullopt;
  }

  void add(const Packet& packet) {
    std::int64_t time = packet.time_ns;
    auto flow = std::find_if(open_.begin(), open_.end(),
                             [&](const Open& other) { return other.told.key == packet.key; });
    if (flow != open_.end()) {
      if (policy_.clock == ClockPolicy::monotone) time = std::max(time, flow->previous);
      if (const auto reason = over_before(*flow, time)) {
        remember(flow->told);
        flow->told.reason = *reason;
        cut_.push_back(std::move(*flow));
        open_.erase(flow);
        flow = open_.end();
      }
    }
    if (flow == open_.end()) flow = open_.insert(open_.end(), opened(packet));
    Told& told = flow->told;
    told.first_ns = std::min(told.first_ns, time);
    told.last_ns = std::max(told.last_ns, time);
    (packet.source == told.source ? told.forward : told.backward).push_back(packet.frame_number);
    flow->previous = time;
    flow->touched = *clock_;
  }

  Open opened(const Packet& packet) const {
    Open made;
    made.order = packet.order_in_frame;
    made.start = packet.time_ns;
    made.told.key = packet.key;
    made.told.source = packet.source;
    made.told.destination = packet.destination;
    made.told.first_ns = made.told.last_ns = packet.time_ns;
    made.told.first_frame = packet.frame_number;
    constexpr std::uint16_t synack = tcp_flag::syn | tcp_flag::ack;
    bool turned = packet.key.transport == Transport::tcp && (packet.tcp_flags & synack) == synack &&
                  policy_.direction == DirectionPolicy::handshake;
    const auto earlier = std::find_if(remembered_.begin(), remembered_.end(),
                                      [&](const Told& other) { return other.key == packet.key; });
    if (earlier != remembered_.end()) {
      made.told.split_index = earlier->split_index + 1;
      turned = earlier->source == packet.destination && earlier->destination == packet.source;
    }
    if (turned) std::swap(made.told.source, made.told.destination);
    return made;
  }

  void remember(const Told& told) {
    std::erase_if(remembered_, [&](const Told& other) { return other.key == told.key; });
    remembered_.push_back(told);
    if (remembered_.size() > policy_.remembered_streams) remembered_.erase(remembered_.begin());
  }

  template <class Due>
  void end_all(Due due, EndReason reason) {
    const auto rank = [&](const Open& flow) {
      const std::int64_t when = reason == EndReason::idle ? -overdue(flow) : 0;
      return std::tuple(when, flow.told.first_frame, flow.order);
    };
    while (true) {
      auto next = open_.end();
      for (auto flow = open_.begin(); flow != open_.end(); ++flow) {
        if (due(*flow) && (next == open_.end() || rank(*flow) < rank(*next))) next = flow;
      }
      if (next == open_.end()) return;
      if (reason == EndReason::idle) remember(next->told);
      next->told.reason = reason;
      flows.push_back(std::move(next->told));
      open_.erase(next);
    }
  }

  const FlowPolicy policy_;
  std::optional<std::int64_t> clock_;
  std::vector<Open> open_;
  std::vector<Open> cut_;         // by a packet of this frame
  std::vector<Told> remembered_;  // the last flow of each stream that was cut, the oldest cut first
};

Endpoint endpoint(std::uint8_t host) {
  Endpoint end;
  end.address.version = 4;
  end.address.bytes = {10, 0, 0, host};
  end.port = host;
  return end;
}

/// Two bytes make a packet: whether it is a new frame's, how far that is from the one before, and
/// whose.
std::vector<Event> events_of(std::string_view input, std::int64_t timeout) {
  const std::int64_t steps[] = {0,
                                1,
                                timeout / 2,
                                timeout - 1,
                                timeout,
                                timeout + 1,
                                3 * timeout,
                                -1,
                                -timeout,
                                -timeout - 1,
                                -3 * timeout,
                                timeout * 1000,
                                1'000'000'000'000'000'000,
                                -1'000'000'000'000'000'000,
                                2,
                                -2};
  std::vector<Event> events;
  std::int64_t time = 0;
  for (std::size_t i = 0; i + 1 < input.size(); i += 2) {
    const auto step = static_cast<std::uint8_t>(input[i]);
    const auto whose = static_cast<std::uint8_t>(input[i + 1]);
    if (events.empty() || (step & 0x80U) == 0) {
      const std::int64_t next = time + steps[step & 15U];
      if (next < 4'000'000'000'000'000'000 && next > -4'000'000'000'000'000'000) time = next;
      events.push_back({time, {}});
    }
    if ((step & 0x40U) != 0) continue;
    auto& packets = events.back().packets;
    Packet packet;
    packet.key = {(whose & 1U) != 0 ? Transport::tcp : Transport::udp, (whose >> 1U) & 7U};
    const bool twice = std::any_of(packets.begin(), packets.end(),
                                   [&](const Packet& other) { return other.key == packet.key; });
    if (twice) continue;
    // A stream whose endpoints change is unheard of, but must do no harm.
    packet.source = endpoint(static_cast<std::uint8_t>((whose >> 4U) & 3U));
    packet.destination = endpoint(static_cast<std::uint8_t>((whose >> 6U) & 3U));
    if (packet.key.transport == Transport::tcp) {
      packet.tcp_flags = (step & 0x10U) != 0 ? tcp_flag::syn | tcp_flag::ack : tcp_flag::ack;
    }
    packet.time_ns = time;
    packet.frame_number = events.size();
    packet.order_in_frame = static_cast<std::uint8_t>(packets.size());
    packets.push_back(packet);
  }
  return events;
}

}  // namespace

FUZZ_TARGET(flow_table) {
  if (size < 3) return 0;
  const std::string_view input = fuzz::text_of(data, size);
  const std::int64_t timeout = 1 + data[0] % 16;
  FlowPolicy policy;
  policy.tcp_idle_timeout = std::chrono::nanoseconds(timeout);
  policy.udp_idle_timeout = std::chrono::nanoseconds(1 + data[0] / 16);
  policy.remembered_streams = 1 + data[1] % 4;
  if ((data[1] & 4U) != 0) policy.active_timeout = std::chrono::nanoseconds(1 + data[2] % 64);
  if ((data[1] & 8U) != 0) policy.direction = DirectionPolicy::handshake;
  if ((data[1] & 16U) != 0) policy.clock = ClockPolicy::monotone;

  FieldSet fields;
  const FeatureSettings settings;
  AccumulatorContext context{fields, settings};
  AccumulatorSet accumulators;
  accumulators.add(&make_trace, context);
  accumulators.add(&make_start, context);
  Listener listener;
  FlowTable table(policy, accumulators, listener);
  Model model(policy);
  std::uint64_t number = 0;
  for (const Event& event : events_of(input.substr(3), timeout)) {
    const Frame frame{.number = ++number, .time_ns = event.time_ns, .packets = event.packets};
    table.on_frame(frame);
    for (const Packet& packet : event.packets) table.on_packet(packet);
    table.on_frame_end(frame);
    model.frame(event);
    require(listener.flows.size() == model.flows.size(), "flows end when the rules say");
  }
  table.on_end(EndOfInput::complete);
  model.end();
  require(listener.flows == model.flows, "flows end as the rules say");
  return 0;
}
