#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "flow/flow_table.h"
#include "packet/stream_directory.h"
#include "part/part_log.h"
#include "part/part_reader.h"

namespace flowmeter {

/// Puts the flows of parts that follow each other together: a flow table that is driven by what parts tell
/// instead of by packets, and whose sink gets the flows that it would have got from the frames of all of
/// them.
///
/// The clock of a part is only that of its own frames. The clock of all is the larger one of it and the clock
/// of the parts before, so that it never moves further than the part's own: a part has cut flows wherever
/// they may be over, and here it is decided where they are.
///
/// Memory by the flows that are open at once.
class PartMerger {
 public:
  /// `accumulators` have the PartEdge; they and `sink` outlive the merger. With a `log`, which is the sink
  /// then, the flows become a part again.
  PartMerger(const FlowPolicy& policy, const AccumulatorSet& accumulators, FlowSink& sink, StreamRules rules,
             PartLog* log = nullptr);
  ~PartMerger();
  PartMerger(const PartMerger&) = delete;
  PartMerger& operator=(const PartMerger&) = delete;

  /// The part that follows, read to its end; false: the user ended the run meanwhile. `meanwhile` is called
  /// again and again. Throws InputError for what no part says; then nothing more may be asked of the merger.
  [[nodiscard]] bool take(
      PartReader& part, const std::function<void()>& meanwhile = [] {});

  /// There are no more parts. With a log: what is open is written as it is.
  void end();

  /// What decides of the header that is taken which stream it is of; for the log.
  [[nodiscard]] const StreamFacts& facts() const noexcept { return facts_; }

  [[nodiscard]] const FlowCounters& counters() const noexcept { return table_; }
  [[nodiscard]] std::uint64_t frames() const noexcept { return frames_before_; }
  [[nodiscard]] std::optional<std::int64_t> clock_ns() const noexcept { return clock_ns_; }

 private:
  /// A flow of the part that is being read.
  struct Slot {
    Flow* flow = nullptr;  // null: it is free
    StreamKey local;       // the part's own
    std::int64_t first_packet_ns = 0;
    bool fresh = false;     // the flow has no states yet
    bool reversed = false;  // its forward is the flow's backward
  };

  [[nodiscard]] PartEdge& edge_in(std::byte* states) const noexcept {
    return *std::launder(reinterpret_cast<PartEdge*>(states + edge_offset_));
  }
  [[nodiscard]] PartEdge& edge_of(const Flow& flow) const noexcept {
    return edge_in(const_cast<std::byte*>(flow.states()));
  }
  void advance(const PartHead& head);
  void frame_over();
  [[nodiscard]] Packet resolved(const PartHead& head);
  void begin(const PartEvent& event);
  void finish(const PartEvent& event);
  void mention(const PartEvent& event);
  void close_part(const PartTrailer& trailer);

  const AccumulatorSet& accumulators_;
  const std::size_t edge_offset_;
  PartLog* const log_;
  FlowTable table_;
  StreamDirectory directory_;
  std::vector<Slot> slots_;
  std::vector<std::size_t> order_;
  std::vector<std::max_align_t> states_;  // scratch: of a part
  StreamFacts facts_;
  std::uint32_t segment_ = 0;
  std::uint64_t frames_before_ = 0;
  std::uint64_t frames_offset_ = 0;  // what the part's numbers lack of those of all, modulo 2^64
  std::uint64_t frame_ = 0;          // the one that is being taken; 0: none
  std::optional<std::int64_t> clock_ns_, clock_before_;  // of all so far; of the parts before this one
};

}  // namespace flowmeter
