#include "part/part_log.h"

#include <numeric>

#include "base/address.h"
#include "base/error.h"
#include "packet/stream_directory.h"

namespace flowmeter {
std::size_t PartLog::ConversationHash::operator()(const Conversation& conversation) const noexcept {
  const auto seed = static_cast<std::uint64_t>(conversation.transport);
  return static_cast<std::size_t>(mix(mix(seed, conversation.low), conversation.high));
}

FlowPolicy part_policy(FlowPolicy policy) {
  policy.direction = DirectionPolicy::first;
  policy.remembered_streams = 0;
  return policy;
}

PartLog::PartLog(const AccumulatorSet& accumulators, Facts facts, RowWriter& out)
    : accumulators_(accumulators),
      edge_offset_(accumulators.find(&make_part_edge).value()),
      facts_(std::move(facts)),
      out_(out),
      order_(accumulators.names().size()) {
  std::iota(order_.begin(), order_.end(), std::size_t{0});
}

PartEdge& PartLog::edge_of(Flow& flow) const noexcept {
  return *std::launder(reinterpret_cast<PartEdge*>(flow.states() + edge_offset_));
}

const PartEdge& PartLog::edge_of(const Flow& flow) const noexcept {
  return *std::launder(reinterpret_cast<const PartEdge*>(flow.states() + edge_offset_));
}

PartLog::Conversation PartLog::conversation_of(Transport transport, const StreamFacts& facts) {
  if (sender_of(facts) == StreamEnd::lower) return {facts.source, facts.destination, transport};
  return {facts.destination, facts.source, transport};
}

void PartLog::write(const std::string& line) { out_.text(line); }

std::uint64_t PartLog::take_slot(const Conversation& conversation) {
  if (free_slots_.empty()) {
    slots_.push_back(conversation);
    return slots_.size() - 1;
  }
  const std::uint64_t slot = free_slots_.back();
  free_slots_.pop_back();
  slots_[slot] = conversation;
  return slot;
}

/// Ends the flow of the conversation that is open, unless it is this one. What the table has cut in this
/// frame is handed over later.
void PartLog::end_other_than(const Flow* flow, const Conversation& conversation) {
  const auto found = open_.find(conversation);
  if (found == open_.end() || found->second == flow) return;
  Flow& other = *found->second;
  if (table_->find(other.key) == &other) end(other);
}

void PartLog::end(Flow& flow) {
  if (edge_of(flow).open) throw InputError("has two streams of the same ends at once");
  table_->end(flow);
}

void PartLog::before_packet(const Packet& packet) {
  Flow* const flow = table_->find(packet.key);
  if (flow == nullptr) return;
  // A third sender (routing headers do that) is for the whole to tell: it may be the flow's first.
  if (packet.source != flow->source && packet.source != flow->destination) return end(*flow);
  if ((packet.tcp_flags & tcp_flag::syn) == 0) return;
  const StreamFacts facts = facts_(packet, false);
  // Where a SYN+ACK opens nothing, what it does is told by the flow's own state, unless it teaches nothing.
  if (!rules_.may_open(packet.tcp_flags) && facts.numbers.teaches == TcpNumbers::Teaches::all) return;
  if (edge_of(*flow).initial.may_matter(sender_of(facts), packet.tcp_flags, facts.numbers)) end(*flow);
}

void PartLog::mention(std::uint64_t frame, std::span<const Packet> headers, bool errors) {
  for (Packet header : headers) {
    header.frame_number = frame;
    Flow* const flow = table_->find(header.key);
    const StreamFacts facts = facts_(header, errors);
    if (flow != nullptr) {
      InitialNumbers& initial = edge_of(*flow).initial;
      if (!facts.numbers.known) continue;
      if (!initial.may_matter(sender_of(facts), header.tcp_flags, facts.numbers)) {
        initial.learn(sender_of(facts), header.tcp_flags, facts.numbers);
        continue;
      }
      end(*flow);
    }
    end_other_than(nullptr, conversation_of(header.key.transport, facts));
    const PartHead head{header, facts, table_->clock_ns()};
    append_head(mentioned_, errors ? 'q' : 'm', 0, head);
  }
}

void PartLog::frame_over() {
  if (!begun_.empty()) write(begun_);
  if (!mentioned_.empty()) write(mentioned_);
  begun_.clear();
  mentioned_.clear();
}

void PartLog::on_open(Flow& flow, const Packet& first) {
  const StreamFacts facts = facts_(first, false);
  const Conversation conversation = conversation_of(first.key.transport, facts);
  end_other_than(&flow, conversation);
  open_[conversation] = &flow;
  const std::uint64_t slot = take_slot(conversation);
  edge_of(flow).id = slot;
  append_head(begun_, 'b', slot, {first, facts, flow.touched_ns});
  frame_ = first.frame_number;
}

void PartLog::on_flow(const Flow& flow, EndReason /*reason*/) {
  if (flow.first_frame == frame_ && !begun_.empty()) {  // it begins and ends in this frame
    write(begun_);
    begun_.clear();
  }
  const PartEdge& edge = edge_of(flow);
  const auto open = open_.find(slots_[edge.id]);
  if (open != open_.end() && open->second == &flow) open_.erase(open);
  const PartTimes times =
      relative({flow.first_ns, flow.last_ns, flow.previous_ns, flow.touched_ns}, edge.first_ns);
  line_ = "[\"e\"";
  StateWriter elements(line_);
  elements(edge.id, times.first_ns, times.last_ns, times.previous_ns, times.touched_ns);
  accumulators_.save(flow.states(), elements, order_);
  line_ += "]\n";
  write(line_);
  free_slots_.push_back(edge.id);
  ++parts_;
}

}  // namespace flowmeter
