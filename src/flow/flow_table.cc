#include "flow/flow_table.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <new>
#include <tuple>

#include "base/error.h"
#include "flow/accumulators.h"

namespace flowmeter {
namespace {

constexpr std::size_t first_buckets = 1024;
constexpr std::size_t flows_in_a_block = 256;  // by which the pool grows

/// later - earlier, which may take 64 bits; 0 if it is negative.
std::uint64_t elapsed(std::int64_t earlier, std::int64_t later) noexcept {
  if (later <= earlier) return 0;
  return static_cast<std::uint64_t>(later) - static_cast<std::uint64_t>(earlier);
}

auto first_packet(const Flow& flow) noexcept { return std::tuple(flow.first_frame, flow.first_order); }

DirectionBasis basis_of(const Packet& packet) noexcept {
  if (packet.key.transport != Transport::tcp) return DirectionBasis::first;
  if ((packet.tcp_flags & tcp_flag::syn) == 0) return DirectionBasis::middle;
  return (packet.tcp_flags & tcp_flag::ack) == 0 ? DirectionBasis::syn : DirectionBasis::synack;
}

/// The ends of an SCTP association may have several addresses each: its packets are told by the port if
/// the ends have different ones, else by the end whose address is known.
bool goes_forward_from_elsewhere(const Packet& packet, const Flow& flow) noexcept {
  if (flow.source.port != flow.destination.port) return packet.source.port == flow.source.port;
  return packet.source != flow.destination && packet.destination == flow.destination;
}

Direction direction_of(const Packet& packet, const Flow& flow) noexcept {
  const bool forward = packet.source == flow.source ||
                       (packet.key.transport == Transport::sctp && goes_forward_from_elsewhere(packet, flow));
  return forward ? Direction::forward : Direction::backward;
}

}  // namespace

FlowTable::FlowTable(const FlowPolicy& policy, const AccumulatorSet& accumulators, FlowSink& sink)
    : policy_(policy),
      accumulators_(accumulators),
      sink_(sink),
      memory_((sizeof(Flow) + accumulators.size() + alignof(Flow) - 1) / alignof(Flow) * alignof(Flow),
              flows_in_a_block, flows_in_a_block),
      buckets_(first_buckets),
      flows_(Flows::bucket_traits(buckets_.data(), buckets_.size())),
      ended_streams_(policy.remembered_streams) {
  if (policy_.close_linger) close_offset_ = accumulators.find(&make_close).value();
  if (policy_.active_timeout) start_offset_ = accumulators.find(&make_start).value();
}

FlowTable::~FlowTable() {
  flows_.clear_and_dispose([this](Flow* flow) { accumulators_.destroy(flow->states()); });
  for (Recency& recency : recency_) recency.clear();
  for (const Cut& cut : cut_) accumulators_.destroy(cut.flow->states());
}

void FlowTable::on_frame(const Frame& frame) {
  if (clock_set_ && frame.time_ns <= clock_ns_) return;
  clock_ns_ = frame.time_ns;
  clock_set_ = true;
  expire(clock_ns_);
}

Flow* FlowTable::find(const StreamKey& key) noexcept {
  const auto found = flows_.find(key);
  return found == flows_.end() ? nullptr : &*found;
}

/// Why the flow is over before a packet of that time, if it is.
std::optional<EndReason> FlowTable::cut_before(const Flow& flow, std::int64_t time_ns) const {
  if (elapsed(flow.previous_ns, time_ns) > idle_ns(flow.key.transport)) return EndReason::idle;
  if (!policy_.active_timeout) return std::nullopt;
  const auto& start = *std::launder(reinterpret_cast<const StartState*>(flow.states() + start_offset_));
  const auto most = static_cast<std::uint64_t>(policy_.active_timeout->count());
  if (elapsed(start.ns, time_ns) > most) return EndReason::active;
  return std::nullopt;
}

void FlowTable::on_packet(const Packet& packet) {
  Flow* flow = find(packet.key);
  if (flow != nullptr && packet.time_ns < flow->previous_ns) {
    ++disordered_;
    if (policy_.clock == ClockPolicy::monotone) {
      Packet later = packet;
      later.time_ns = flow->previous_ns;
      add(*flow, later);
      return;
    }
  }
  add(flow_for(flow, packet), packet);
}

/// The flow that the packet is one of: its stream's open one, if there is one and the packet does not cut
/// it, else a new one.
Flow& FlowTable::flow_for(Flow* flow, const Packet& packet) {
  if (flow == nullptr) return open(packet);
  const auto reason = cut_before(*flow, packet.time_ns);
  if (!reason) return *flow;
  cut(*flow, *reason);
  return open(packet);
}

Flow& FlowTable::begin_part(const Packet& first) {
  Flow& flow = flow_for(find(first.key), first);
  leave_recency(flow);
  return flow;
}

void FlowTable::end_part(Flow& flow, const Part& part) {
  extend(flow, part.first_ns);
  extend(flow, part.last_ns);
  flow.previous_ns = part.previous_ns;
  flow.touched_ns = part.touched_ns;
  place_by_touch(flow);
}

/// Puts the flow into its list of recency. What was cut because it may be idle belongs to the front, what was
/// open at the end of a capture to the back or, as these come in their order, behind the one before.
void FlowTable::place_by_touch(Flow& flow) {
  Recency& recency = recency_of(flow.key.transport);
  Flow*& placed = placed_[place_of(flow.key.transport)];
  auto first = recency.begin(), last = recency.end();
  if (placed != nullptr && placed->touched_ns <= flow.touched_ns) first = recency.iterator_to(*placed);
  while (first != last && first->touched_ns <= flow.touched_ns &&
         std::prev(last)->touched_ns > flow.touched_ns) {
    ++first;
    if (first != last) --last;
  }
  const bool behind_all = first != last && std::prev(last)->touched_ns <= flow.touched_ns;
  recency.insert(behind_all ? last : first, flow);
  placed = &flow;
}

void FlowTable::leave_recency(Flow& flow) noexcept {
  Recency& recency = recency_of(flow.key.transport);
  recency.erase(recency.iterator_to(flow));
  Flow*& placed = placed_[place_of(flow.key.transport)];
  if (placed == &flow) placed = nullptr;
}

void FlowTable::end(Flow& flow) {
  cut(flow, EndReason::idle);
  hand_over_cut();
}

void FlowTable::end_all() {
  for (Recency& recency : recency_) {
    while (!recency.empty()) end(recency.front());
  }
}

void FlowTable::add(Flow& flow, const Packet& packet) {
  extend(flow, packet.time_ns);
  Recency& recency = recency_of(flow.key.transport);
  recency.splice(recency.end(), recency, recency.iterator_to(flow));
  flow.previous_ns = packet.time_ns;
  flow.touched_ns = clock_ns_;
  accumulators_.add_packet(flow.states(), packet, direction_of(packet, flow));
  if (policy_.close_linger) note_close(flow);
}

/// Makes the flow reach to that time; its length must stay a number of nanoseconds.
void FlowTable::extend(Flow& flow, std::int64_t time_ns) {
  const std::int64_t first = std::min(flow.first_ns, time_ns), last = std::max(flow.last_ns, time_ns);
  std::int64_t length = 0;
  if (__builtin_sub_overflow(last, first, &length)) {
    throw InputError("two packets of a flow are more than 292 years apart");
  }
  flow.first_ns = first;
  flow.last_ns = last;
}

Flow& FlowTable::open(const Packet& packet) {
  if (policy_.most_flows != 0 && flows_.size() >= policy_.most_flows) make_room();
  if (flows_.size() == buckets_.size()) grow();
  void* const memory = memory_.malloc();
  if (memory == nullptr) throw std::bad_alloc();
  Flow& flow = *new (memory) Flow();
  accumulators_.construct(flow.states());
  flow.key = packet.key;
  flow.source = packet.source;
  flow.destination = packet.destination;
  flow.basis = basis_of(packet);
  if (flow.basis == DirectionBasis::synack && policy_.direction == DirectionPolicy::handshake) {
    std::swap(flow.source, flow.destination);
  }
  if (const EndedStreams::Entry* earlier = ended_streams_.find(packet.key)) {
    flow.split_index = earlier->next_split_index;
    flow.basis = earlier->basis;
    const bool backward = earlier->source == packet.destination && earlier->destination == packet.source;
    flow.source = backward ? packet.destination : packet.source;
    flow.destination = backward ? packet.source : packet.destination;
  }
  flow.first_ns = flow.last_ns = packet.time_ns;
  flow.first_frame = packet.frame_number;
  flow.first_order = packet.order_in_frame;
  flow.touched_ns = clock_ns_;
  flows_.insert(flow);
  recency_of(flow.key.transport).push_back(flow);
  sink_.on_open(flow, packet);
  return flow;
}

void FlowTable::grow() {
  std::vector<Flows::bucket_type> buckets(buckets_.size() * 2);
  flows_.rehash(Flows::bucket_traits(buckets.data(), buckets.size()));
  buckets_.swap(buckets);
}

/// Finds what was idle for too long at that time.
void FlowTable::find_idle(std::int64_t now_ns) {
  for (Recency& recency : recency_) {
    if (recency.empty()) continue;
    const std::uint64_t timeout = idle_ns(recency.front().key.transport);
    for (Flow& flow : recency) {
      const std::uint64_t idle = elapsed(flow.touched_ns, now_ns);
      if (idle <= timeout) break;
      // The clock at which a flow ends may lie beyond 64 bits; how long ago that was does not.
      due_.push_back({&flow, EndReason::idle, idle - timeout});
    }
  }
}

/// Finds what was closed for long enough; what is idle for too long as well is over by what came first.
void FlowTable::find_closed(std::int64_t now_ns) {
  const auto linger = static_cast<std::uint64_t>(policy_.close_linger->count());
  const std::size_t idle_ones = due_.size();
  while (!closed_.empty()) {
    const Closed closed = closed_.front();
    const std::uint64_t since = elapsed(closed.since_ns, now_ns);
    if (since <= linger) return;
    closed_.pop_front();
    Flow* const flow = find(closed.key);
    if (flow == nullptr || flow->split_index != closed.split_index ||
        close_of(*flow).since_ns != closed.since_ns)
      continue;
    const auto end = due_.begin() + static_cast<std::ptrdiff_t>(idle_ones);
    const auto idle = std::find_if(due_.begin(), end, [flow](const Due& due) { return due.flow == flow; });
    if (idle == end) {
      due_.push_back({flow, EndReason::close, since - linger});
    } else if (since - linger >= idle->overdue_ns) {
      *idle = {flow, EndReason::close, since - linger};
    }
  }
}

/// Hands over what is over at that time.
void FlowTable::expire(std::int64_t now_ns) {
  due_.clear();
  find_idle(now_ns);
  if (policy_.close_linger) find_closed(now_ns);
  if (due_.empty()) return;
  std::sort(due_.begin(), due_.end(), [](const Due& a, const Due& b) {
    return std::tuple(b.overdue_ns, first_packet(*a.flow)) < std::tuple(a.overdue_ns, first_packet(*b.flow));
  });
  for (const Due& due : due_) {
    cut(*due.flow, due.reason);
    hand_over_cut();
  }
}

void FlowTable::on_time(std::int64_t now_ns) {
  if (clock_set_ && now_ns > clock_ns_) expire(now_ns);
}

CloseState& FlowTable::close_of(const Flow& flow) const noexcept {
  return *std::launder(reinterpret_cast<CloseState*>(const_cast<std::byte*>(flow.states()) + close_offset_));
}

/// Remembers when the flow was closed, if that has just been.
void FlowTable::note_close(Flow& flow) {
  CloseState& state = close_of(flow);
  if (!state.closed || state.seen) return;
  state.seen = true;
  state.since_ns = clock_ns_;
  closed_.push_back({flow.key, flow.split_index, clock_ns_});
}

/// Ends the flow whose last packet came longest ago. Its transport's list has it in front, unless all that
/// are open wait for end_part().
void FlowTable::make_room() {
  const auto age = [](const Flow& flow) { return std::tuple(flow.touched_ns, first_packet(flow)); };
  Flow* oldest = nullptr;
  for (Recency& recency : recency_) {
    if (recency.empty()) continue;
    Flow& front = recency.front();
    if (oldest == nullptr || age(front) < age(*oldest)) oldest = &front;
  }
  if (oldest != nullptr) cut(*oldest, EndReason::forced);
}

/// Ends a flow whose stream may go on; it waits in `cut_` to be handed over.
void FlowTable::cut(Flow& flow, EndReason reason) {
  ended_streams_.remember({flow.key, flow.source, flow.destination, flow.split_index + 1, flow.basis});
  unlink(flow);
  cut_.push_back({&flow, reason});
}

void FlowTable::unlink(Flow& flow) noexcept {
  leave_recency(flow);
  flows_.erase(flows_.iterator_to(flow));
}

/// Hands over a flow that is unlinked, and lets go of it.
void FlowTable::hand_over(Flow& flow, EndReason reason) {
  const auto release = [this](Flow* over) {
    accumulators_.destroy(over->states());
    over->~Flow();
    memory_.free(over);
  };
  const std::unique_ptr<Flow, decltype(release)> guard(&flow, release);
  ++ended_;
  ++tally_[place_of(flow.key.transport)][static_cast<std::size_t>(reason)];
  sink_.on_flow(flow, reason);
}

void FlowTable::hand_over_cut() {
  std::sort(cut_.begin(), cut_.end(),
            [](const Cut& a, const Cut& b) { return first_packet(*a.flow) < first_packet(*b.flow); });
  while (!cut_.empty()) {
    const Cut first = cut_.front();
    cut_.erase(cut_.begin());
    hand_over(*first.flow, first.reason);
  }
}

void FlowTable::on_frame_end(const Frame& frame) {
  hand_over_cut();
  for (const Packet& header : frame.quoted) {
    if (Flow* const flow = find(header.key)) accumulators_.add_error(flow->states());
  }
}

/// Ends all flows.
void FlowTable::hand_over_open(EndReason reason) {
  hand_over_cut();
  Recency& all = recency_.front();  // sorted in place: there may be very many, and little memory
  for (Recency& recency : recency_) {
    if (&recency != &all) all.splice(all.end(), recency);
  }
  all.sort([](const Flow& a, const Flow& b) { return first_packet(a) < first_packet(b); });
  while (!all.empty()) {
    Flow& flow = all.front();
    all.pop_front();
    flows_.erase(flows_.iterator_to(flow));
    hand_over(flow, reason);
  }
}

void FlowTable::on_segment() {
  hand_over_open(EndReason::end_of_input);
  placed_ = {};
  closed_.clear();
  ended_streams_.clear();
  clock_ns_ = 0;
  clock_set_ = false;
}

void FlowTable::on_end(EndOfInput end) {
  hand_over_open(end == EndOfInput::interrupted ? EndReason::forced : EndReason::end_of_input);
}

}  // namespace flowmeter
