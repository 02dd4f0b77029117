#include "part/part_merger.h"

#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "base/interrupt.h"

namespace flowmeter {

PartMerger::PartMerger(const FlowPolicy& policy, const AccumulatorSet& accumulators, FlowSink& sink,
                       StreamRules rules, PartLog* log)
    : accumulators_(accumulators),
      edge_offset_(accumulators.find(&make_part_edge).value()),
      log_(log),
      table_(policy, accumulators, sink),
      directory_(policy.longest_idle_timeout(), policy.remembered_streams, rules),
      order_(accumulators.names().size()),
      states_(accumulators.size() / sizeof(std::max_align_t) + 1) {
  if (log_ == nullptr) return;
  log_->watch(table_);
  log_->go_by(rules);
}

PartMerger::~PartMerger() = default;

namespace {

/// The places in `names` of what a part has in this order. Both are the same kinds.
std::vector<std::size_t> places(const std::vector<std::string>& states,
                                const std::vector<std::string>& names) {
  std::vector<std::size_t> order;
  for (const std::string& state : states) {
    const auto found = std::find(names.begin(), names.end(), state);
    if (found == names.end()) throw InputError("has the unknown states \"" + state + '"');
    order.push_back(static_cast<std::size_t>(found - names.begin()));
  }
  std::vector<std::size_t> sorted = order;
  std::sort(sorted.begin(), sorted.end());
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i >= sorted.size() || sorted[i] != i) throw InputError("lacks states that its columns need");
  }
  return order;
}

}  // namespace

bool PartMerger::take(PartReader& part, const std::function<void()>& meanwhile) {
  order_ = places(part.header().states, accumulators_.names());
  frames_offset_ = frames_before_ - part.header().skipped;
  while (const PartEvent* const event = part.next()) {
    if (Interrupt::signal() != 0) return false;
    meanwhile();
    try {
      switch (event->kind) {
        case PartEvent::Kind::begins:
          begin(*event);
          break;
        case PartEvent::Kind::ends:
          finish(*event);
          break;
        case PartEvent::Kind::quoted:
        case PartEvent::Kind::mentioned:
          mention(*event);
          break;
      }
    } catch (const InputError& error) {
      throw InputError(part.place() + ": " + error.what());
    }
  }
  close_part(part.trailer());
  return true;
}

/// The frames up to this one: what is over by then ends.
void PartMerger::advance(const PartHead& head) {
  const std::uint64_t number = frames_offset_ + head.header.frame_number;
  if (number != frame_) {
    frame_over();
    frame_ = number;
    Frame frame;
    frame.time_ns = head.clock_ns;
    clock_ns_ = std::max(clock_ns_.value_or(head.clock_ns), head.clock_ns);
    table_.on_frame(frame);
  }
  facts_ = head.facts;
}

void PartMerger::frame_over() {
  if (frame_ == 0) return;
  table_.on_frame_end({});
  if (log_ != nullptr) log_->frame_over();
  frame_ = 0;
}

Packet PartMerger::resolved(const PartHead& head) {
  Packet packet = head.header;
  packet.frame_number += frames_offset_;
  packet.key.stream = directory_.resolve(segment_, head.header, head.facts, *clock_ns_);
  return packet;
}

void PartMerger::begin(const PartEvent& event) {
  constexpr std::uint64_t most_slots = std::uint64_t{1} << 32;
  if (event.slot > slots_.size() || event.slot >= most_slots) throw InputError("begins a flow out of turn");
  if (event.slot == slots_.size()) slots_.emplace_back();
  Slot& slot = slots_[static_cast<std::size_t>(event.slot)];
  if (slot.flow != nullptr) throw InputError("begins a flow where one is open");
  advance(event.head);
  const Packet packet = resolved(event.head);
  directory_.hold(segment_, event.head.header.key);
  if (const Flow* const known = table_.find(packet.key); known != nullptr && edge_of(*known).open) {
    throw InputError("begins a flow that is open");
  }
  if (log_ != nullptr) log_->before_packet(packet);
  Flow& flow = table_.begin_part(packet);
  edge_of(flow).open = true;
  slot.flow = &flow;
  slot.local = event.head.header.key;
  slot.first_packet_ns = packet.time_ns;
  slot.fresh = flow.first_frame == packet.frame_number && flow.first_order == packet.order_in_frame;
  slot.reversed = flow.source != packet.source;
}

void PartMerger::finish(const PartEvent& event) {
  if (event.slot >= slots_.size()) throw InputError("ends a flow that is not open");
  Slot& slot = slots_[static_cast<std::size_t>(event.slot)];
  if (slot.flow == nullptr) throw InputError("ends a flow that is not open");
  Flow& flow = *slot.flow;
  StateReader elements(event.elements);
  PartTimes times;
  elements(times.first_ns, times.last_ns, times.previous_ns, times.touched_ns);
  times = absolute(times, slot.first_packet_ns);
  const std::int64_t touched = std::max(times.touched_ns, clock_before_.value_or(times.touched_ns));

  std::byte* const states = slot.fresh ? flow.states() : reinterpret_cast<std::byte*>(states_.data());
  const auto destroy = [this](std::byte* scratch) { accumulators_.destroy(scratch); };
  std::unique_ptr<std::byte, decltype(destroy)> scratch(nullptr, destroy);
  if (!slot.fresh) {
    accumulators_.construct(states);
    scratch.reset(states);
  }
  accumulators_.load(states, elements, order_);
  elements.finish();
  const InitialNumbers initial = edge_in(states).initial;
  if (slot.reversed) accumulators_.reverse(states);
  accumulators_.renumber(states, frames_offset_);
  if (!slot.fresh) accumulators_.append(flow.states(), states, edge_in(states));
  edge_of(flow).open = false;
  table_.end_part(flow, {times.first_ns, times.last_ns, times.previous_ns, touched});
  directory_.learn(segment_, slot.local, initial, touched);
  slot.flow = nullptr;
}

void PartMerger::mention(const PartEvent& event) {
  advance(event.head);
  const bool quoted = event.kind == PartEvent::Kind::quoted;
  const Packet header = resolved(event.head);
  if (log_ != nullptr) log_->mention(header.frame_number, {&header, 1}, quoted);
  if (!quoted) return;
  if (Flow* const flow = table_.find(header.key)) accumulators_.add_error(flow->states());
}

void PartMerger::close_part(const PartTrailer& trailer) {
  const bool open =
      std::any_of(slots_.begin(), slots_.end(), [](const Slot& slot) { return slot.flow != nullptr; });
  if (open) throw InputError("ends with flows that are open");
  frame_over();
  slots_.clear();
  directory_.end_segment(segment_++);
  frames_before_ += trailer.frames;
  if (trailer.clock_ns) {
    Frame frame;
    frame.time_ns = *trailer.clock_ns;
    clock_ns_ = std::max(clock_ns_.value_or(frame.time_ns), frame.time_ns);
    table_.on_frame(frame);
  }
  clock_before_ = clock_ns_;
}

void PartMerger::end() {
  if (log_ != nullptr) {
    table_.end_all();
    log_->frame_over();
  } else {
    table_.on_end(EndOfInput::complete);
  }
}

}  // namespace flowmeter
