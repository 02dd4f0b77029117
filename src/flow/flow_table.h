#pragma once

#include <boost/intrusive/list.hpp>
#include <boost/intrusive/unordered_set.hpp>
#include <boost/pool/pool.hpp>
#include <chrono>
#include <vector>

#include "flow/ended_streams.h"
#include "flow/flow.h"
#include "packet/observer.h"

namespace flowmeter {

/// What observers of a run's progress ask a meter for.
class FlowCounters {
 public:
  virtual ~FlowCounters() = default;
  [[nodiscard]] virtual std::uint64_t open_flows() const noexcept = 0;
  [[nodiscard]] virtual std::uint64_t ended_flows() const noexcept = 0;
};

/// Rules by which streams are cut into flows.
struct FlowPolicy {
  std::chrono::nanoseconds idle_timeout{std::chrono::seconds(600)};

  /// Streams cut by a time-out whose direction is remembered, see EndedStreams.
  std::size_t remembered_streams = 1U << 18;
};

/// Groups packets into flows, one for each stream or, where a stream pauses for longer than the idle
/// time-out, one for each of its parts; a later part keeps the direction of the first.
///
/// The clock is the largest frame time so far. A flow is over, and handed to the sink, as soon as the
/// clock has moved by more than the time-out since its last packet came, or when its next packet is
/// stamped that much later than its last one (which is the same unless the capture is out of
/// order). Flows are handed over by the clock at which they ended, those that end together (all that
/// are open at the end of the input, too) by their first packet.
///
/// Constant work for each packet; memory by open flows.
class FlowTable final : public PacketObserver, public FlowCounters {
 public:
  /// `accumulators` and `sink` outlive the table.
  FlowTable(const FlowPolicy& policy, const AccumulatorSet& accumulators, FlowSink& sink);
  ~FlowTable() override;
  FlowTable(const FlowTable&) = delete;
  FlowTable& operator=(const FlowTable&) = delete;

  void on_frame(const Frame& frame) override;
  /// Throws InputError for a packet 292 years or more from another one of its flow; it is not counted.
  void on_packet(const Packet& packet) override;
  void on_end(EndOfInput end) override;

  [[nodiscard]] std::uint64_t open_flows() const noexcept override { return flows_.size(); }
  [[nodiscard]] std::uint64_t ended_flows() const noexcept override { return ended_; }

 private:
  struct KeyOf {
    using type = StreamKey;
    const StreamKey& operator()(const Flow& flow) const noexcept { return flow.key; }
  };
  using Recency = boost::intrusive::list<
      Flow, boost::intrusive::member_hook<Flow, Flow::ListHook, &Flow::by_recency>>;
  using Flows = boost::intrusive::unordered_set<
      Flow, boost::intrusive::member_hook<Flow, Flow::SetHook, &Flow::by_key>,
      boost::intrusive::key_of_value<KeyOf>, boost::intrusive::hash<StreamKeyHash>,
      boost::intrusive::power_2_buckets<true>>;

  Flow& open(const Packet& packet);
  static void extend(Flow& flow, std::int64_t time_ns);
  void finish(Flow& flow, EndReason reason);
  void release(Flow& flow) noexcept;
  void expire();
  void grow();

  const FlowPolicy policy_;
  const AccumulatorSet& accumulators_;
  FlowSink& sink_;
  boost::pool<> memory_;
  std::vector<Flows::bucket_type> buckets_;
  Flows flows_;
  Recency recency_;  // the flow longest without a packet comes first
  EndedStreams ended_streams_;
  std::vector<Flow*> due_;  // scratch: flows that end together
  std::int64_t clock_ns_ = 0;
  bool clock_set_ = false;
  std::uint64_t ended_ = 0;
};

}  // namespace flowmeter
