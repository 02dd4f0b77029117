#include "part/part_log.h"

#include <cstring>
#include <numeric>

#include "base/error.h"
#include "packet/stream_directory.h"

namespace flowmeter {
namespace {

std::size_t side_of(const Packet& packet, const Flow& flow) noexcept {
  return packet.source == flow.source ? 0 : 1;
}

std::uint64_t mixed(std::uint64_t hash, const Endpoint& endpoint) noexcept {
  std::uint64_t words[2];
  std::memcpy(words, endpoint.address.bytes.data(), sizeof words);
  for (const std::uint64_t word : {words[0], words[1], std::uint64_t{endpoint.port}}) {
    hash = (hash ^ word) * 0x9e3779b97f4a7c15ULL;
    hash ^= hash >> 32;
  }
  return hash;
}

}  // namespace

std::size_t PartLog::ConversationHash::operator()(const Conversation& conversation) const noexcept {
  const auto seed = static_cast<std::uint64_t>(conversation.transport);
  return static_cast<std::size_t>(mixed(mixed(seed, conversation.low), conversation.high));
}

FlowPolicy part_policy(FlowPolicy policy) {
  policy.direction = DirectionPolicy::first;
  policy.remembered_streams = 0;
  return policy;
}

PartLog::PartLog(const AccumulatorSet& accumulators, Numbers numbers, RowWriter& out)
    : accumulators_(accumulators),
      edge_offset_(accumulators.find(&make_part_edge).value()),
      numbers_(std::move(numbers)),
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

PartLog::Conversation PartLog::conversation_of(const Packet& header) {
  if (is_low(header)) return {header.source, header.destination, header.key.transport};
  return {header.destination, header.source, header.key.transport};
}

void PartLog::write(const std::string& line) { out_.text(line); }

std::uint64_t PartLog::take_slot() {
  if (free_slots_.empty()) return slots_++;
  const std::uint64_t slot = free_slots_.back();
  free_slots_.pop_back();
  return slot;
}

/// Ends the flow of the header's two ends that is open, unless it is this one. What the table has cut in this
/// frame is handed over later.
void PartLog::end_other_than(Flow* flow, const Packet& header) {
  const auto found = open_.find(conversation_of(header));
  if (found == open_.end() || found->second == flow) return;
  Flow& other = *found->second;
  if (table_->find(other.key) == &other) end(other);
}

void PartLog::end(Flow& flow) {
  if (edge_of(flow).open) throw InputError("has two streams of the same ends at once");
  table_->end(flow);
}

void PartLog::before_packet(const Packet& packet) {
  if (!opens(packet)) return;
  Flow* const flow = table_->find(packet.key);
  if (flow != nullptr && !edge_of(*flow).initial.settled(side_of(packet, *flow))) end(*flow);
}

void PartLog::mention(std::uint64_t frame, std::span<const Packet> headers, bool errors) {
  for (Packet header : headers) {
    header.frame_number = frame;
    Flow* const flow = table_->find(header.key);
    const TcpNumbers numbers = numbers_(header);
    if (flow != nullptr) {
      const bool taught =
          numbers.known && edge_of(*flow).initial.may_learn(side_of(header, *flow), header.tcp_flags);
      if (!taught) continue;
      end(*flow);
    }
    end_other_than(nullptr, header);
    const PartHead head{header, numbers, table_->clock_ns()};
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
  end_other_than(&flow, first);
  open_[conversation_of(first)] = &flow;
  const std::uint64_t slot = take_slot();
  edge_of(flow).id = slot;
  append_head(begun_, 'b', slot, {first, numbers_(first), flow.touched_ns});
  frame_ = first.frame_number;
}

void PartLog::on_flow(const Flow& flow, EndReason /*reason*/) {
  if (flow.first_frame == frame_ && !begun_.empty()) {  // it begins and ends in this frame
    write(begun_);
    begun_.clear();
  }
  Packet ends;
  ends.key = flow.key;
  ends.source = flow.source;
  ends.destination = flow.destination;
  const auto open = open_.find(conversation_of(ends));
  if (open != open_.end() && open->second == &flow) open_.erase(open);
  const PartEdge& edge = edge_of(flow);
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
