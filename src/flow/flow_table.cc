#include "flow/flow_table.h"

#include <algorithm>
#include <new>
#include <tuple>

#include "base/error.h"

namespace flowmeter {
namespace {

constexpr std::size_t first_buckets = 1024;
constexpr std::size_t flows_in_a_block = 256;  // by which the pool grows

/// later - earlier, which may take 64 bits; 0 if it is negative.
std::uint64_t elapsed(std::int64_t earlier, std::int64_t later) noexcept {
  if (later <= earlier) return 0;
  return static_cast<std::uint64_t>(later) - static_cast<std::uint64_t>(earlier);
}

auto first_packet(const Flow& flow) noexcept {
  return std::tuple(flow.first_frame, flow.first_order);
}

}  // namespace

FlowTable::FlowTable(const FlowPolicy& policy, const AccumulatorSet& accumulators, FlowSink& sink)
    : policy_(policy),
      accumulators_(accumulators),
      sink_(sink),
      memory_((sizeof(Flow) + accumulators.size() + alignof(Flow) - 1) / alignof(Flow) *
                  alignof(Flow),
              flows_in_a_block, flows_in_a_block),
      buckets_(first_buckets),
      flows_(Flows::bucket_traits(buckets_.data(), buckets_.size())),
      ended_streams_(policy.remembered_streams) {}

FlowTable::~FlowTable() {
  recency_.clear_and_dispose([this](Flow* flow) {
    flows_.erase(flows_.iterator_to(*flow));
    accumulators_.destroy(flow->states());
  });
}

void FlowTable::on_frame(const Frame& frame) {
  if (clock_set_ && frame.time_ns <= clock_ns_) return;
  clock_ns_ = frame.time_ns;
  clock_set_ = true;
  expire();
}

void FlowTable::on_packet(const Packet& packet) {
  const auto found = flows_.find(packet.key);
  Flow* flow = found == flows_.end() ? nullptr : &*found;
  const auto timeout = static_cast<std::uint64_t>(policy_.idle_timeout.count());
  if (flow != nullptr && elapsed(flow->previous_ns, packet.time_ns) > timeout) {
    finish(*flow, EndReason::idle);
    flow = nullptr;
  }
  if (flow == nullptr) {
    flow = &open(packet);
  } else {
    extend(*flow, packet.time_ns);
    recency_.erase(recency_.iterator_to(*flow));
  }
  recency_.push_back(*flow);
  flow->previous_ns = packet.time_ns;
  flow->touched_ns = clock_ns_;
  const Direction direction =
      packet.source == flow->source ? Direction::forward : Direction::backward;
  accumulators_.add_packet(flow->states(), packet, direction);
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
  if (flows_.size() == buckets_.size()) grow();
  void* const memory = memory_.malloc();
  if (memory == nullptr) throw std::bad_alloc();
  Flow& flow = *new (memory) Flow();
  accumulators_.construct(flow.states());
  flow.key = packet.key;
  flow.source = packet.source;
  flow.destination = packet.destination;
  if (const EndedStreams::Entry* earlier = ended_streams_.find(packet.key)) {
    flow.part = earlier->parts;
    if (earlier->source == packet.destination && earlier->destination == packet.source) {
      std::swap(flow.source, flow.destination);
    }
  }
  flow.first_ns = flow.last_ns = packet.time_ns;
  flow.first_frame = packet.frame_number;
  flow.first_order = packet.order_in_frame;
  flows_.insert(flow);
  return flow;
}

void FlowTable::grow() {
  std::vector<Flows::bucket_type> buckets(buckets_.size() * 2);
  flows_.rehash(Flows::bucket_traits(buckets.data(), buckets.size()));
  buckets_.swap(buckets);
}

void FlowTable::expire() {
  const auto timeout = static_cast<std::uint64_t>(policy_.idle_timeout.count());
  due_.clear();
  for (Flow& flow : recency_) {
    if (elapsed(flow.touched_ns, clock_ns_) <= timeout) break;
    due_.push_back(&flow);
  }
  if (due_.empty()) return;
  std::sort(due_.begin(), due_.end(), [](const Flow* a, const Flow* b) {
    return std::tuple(a->touched_ns, first_packet(*a)) < std::tuple(b->touched_ns, first_packet(*b));
  });
  for (Flow* flow : due_) finish(*flow, EndReason::idle);
}

void FlowTable::finish(Flow& flow, EndReason reason) {
  if (reason == EndReason::idle) {
    ended_streams_.remember({flow.key, flow.source, flow.destination, flow.part + 1});
  }
  ++ended_;
  sink_.on_flow(flow, reason);
  release(flow);
}

void FlowTable::release(Flow& flow) noexcept {
  recency_.erase(recency_.iterator_to(flow));
  flows_.erase(flows_.iterator_to(flow));
  accumulators_.destroy(flow.states());
  flow.~Flow();
  memory_.free(&flow);
}

void FlowTable::on_end(EndOfInput /*end*/) {
  due_.clear();
  for (Flow& flow : recency_) due_.push_back(&flow);
  std::sort(due_.begin(), due_.end(),
            [](const Flow* a, const Flow* b) { return first_packet(*a) < first_packet(*b); });
  for (Flow* flow : due_) finish(*flow, EndReason::end_of_input);
}

}  // namespace flowmeter
