#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "flow/flow_table.h"
#include "flow/part_edge.h"
#include "packet/stream_rules.h"
#include "part/part_format.h"
#include "sink/row_writer.h"

namespace flowmeter {

/// The policy by which a part's flows are cut: direction and what a stream's parts have in common are for who
/// knows the parts before.
[[nodiscard]] FlowPolicy part_policy(FlowPolicy policy);

/// Writes what happens to the flows of a FlowTable, whose sink it is, as the events of a part: the first
/// packet of a flow when it comes, its states when it ends. Who reads it can join the flows of parts that
/// follow each other as if it had seen the packets, see PartMerger.
///
/// Which stream a packet is of may depend on what parts before this one know: on whether a SYN repeats one
/// that they have seen, and on which stream of two ends was the last. So that everything that depends on it
/// stands at the beginning of a flow, flows are ended early: before a SYN that may open the connection anew,
/// and where another stream of the same two ends is seen.
class PartLog final : public FlowSink {
 public:
  /// What decides which stream a header is of. `quoted`: an ICMP error quotes it.
  using Facts = std::function<StreamFacts(const Packet& header, bool quoted)>;

  /// `accumulators` have the PartEdge. They and `out`, which gets a line for a row, outlive the log.
  PartLog(const AccumulatorSet& accumulators, Facts facts, RowWriter& out);

  /// The rules of the tshark whose streams the packets have; before the first of them.
  void go_by(StreamRules rules) { rules_ = rules; }

  /// The table, which outlives the last call.
  void watch(FlowTable& table) { table_ = &table; }

  void write(const std::string& line);

  /// A packet that the table will be given next.
  void before_packet(const Packet& packet);

  /// Headers that are no packets, in their frame; before the table is told of its end.
  /// `errors`: ICMP errors quote them.
  void mention(std::uint64_t frame, std::span<const Packet> headers, bool errors);

  /// Writes what waits for the end of the frame; after the table was told of it.
  void frame_over();

  void on_open(Flow& flow, const Packet& first) override;
  void on_flow(const Flow& flow, EndReason reason) override;

  /// Parts of flows that were written.
  [[nodiscard]] std::uint64_t parts() const noexcept { return parts_; }

 private:
  /// Two ends by which tshark finds it and a transport, the lower end first.
  struct Conversation {
    Endpoint low, high;
    Transport transport;

    friend bool operator==(const Conversation&, const Conversation&) = default;
  };
  struct ConversationHash {
    std::size_t operator()(const Conversation& conversation) const noexcept;
  };

  [[nodiscard]] static Conversation conversation_of(Transport transport, const StreamFacts& facts);
  [[nodiscard]] PartEdge& edge_of(Flow& flow) const noexcept;
  [[nodiscard]] const PartEdge& edge_of(const Flow& flow) const noexcept;
  [[nodiscard]] std::uint64_t take_slot(const Conversation& conversation);
  void end(Flow& flow);
  void end_other_than(const Flow* flow, const Conversation& conversation);

  const AccumulatorSet& accumulators_;
  const std::size_t edge_offset_;
  const Facts facts_;
  RowWriter& out_;
  StreamRules rules_ = StreamRules::usual();
  FlowTable* table_ = nullptr;
  std::vector<std::size_t> order_;  // of the states: as they are
  std::unordered_map<Conversation, Flow*, ConversationHash> open_;
  std::vector<std::uint64_t> free_slots_;
  std::vector<Conversation> slots_;  // of the flow that has it
  std::string begun_;                // lines of the frame's new flows
  std::string mentioned_;            // of its headers that are no packets
  std::uint64_t parts_ = 0;
  std::uint64_t frame_ = 0;  // of begun_
  std::string line_;         // scratch
};

}  // namespace flowmeter
