#pragma once

#include <array>
#include <boost/intrusive/list.hpp>
#include <boost/intrusive/unordered_set.hpp>
#include <boost/pool/pool.hpp>
#include <deque>
#include <optional>
#include <vector>

#include "flow/ended_streams.h"
#include "flow/flow.h"
#include "flow/flow_policy.h"
#include "packet/observer.h"

namespace flowmeter {

struct CloseState;

/// Groups packets into flows, one for each stream or, where a stream is cut by a time-out, one for
/// each of its pieces; a later flow of a stream keeps the direction of the first.
///
/// The clock is the largest frame time so far. A flow is over, and handed to the sink, as soon as the
/// clock has moved by more than the idle time-out since its last packet came, or when its next packet
/// is stamped that much later than its last one (which is the same unless the capture is out of
/// order), or later than its first one by more than the active time-out. With a linger a TCP flow is also
/// over when the clock has moved by more than that since it was closed. Flows are handed over by the
/// clock at which they ended, those that end together (in one frame; all that are open at the end of
/// the input) by their first packet.
///
/// on_time() hands over what no later frame can belong to, and changes nothing else: the clock stays that of
/// the frames, so that flows are the same whether or not, and when, the time was told.
///
/// A new segment ends all flows, and the clock starts anew; streams that follow are others.
///
/// Where no more flows may be open, the one whose last packet came longest ago makes room for a new one.
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
  void on_frame_end(const Frame& frame) override;
  void on_time(std::int64_t now_ns) override;
  void on_segment() override;
  void on_end(EndOfInput end) override;

  /// The open flow of that stream, or null.
  [[nodiscard]] Flow* find(const StreamKey& key) noexcept;

  /// Ends a flow before its time, and hands it over at once.
  void end(Flow& flow);

  /// Ends all flows likewise, those of a transport in the order of their last packets.
  void end_all();

  /// The clock: the largest frame time so far, 0 before the first frame.
  [[nodiscard]] std::int64_t clock_ns() const noexcept { return clock_ns_; }

  /// A part of a stream that was metered elsewhere, but for its states.
  struct Part {
    std::int64_t first_ns, last_ns, previous_ns;  ///< as in Flow
    std::int64_t touched_ns;                      ///< the clock of all the input at its last packet
  };

  /// The flow that goes on with a part, or begins with it: as on_packet(), but for the states. Does not end
  /// before end_part(), of which there must be one before on_end().
  Flow& begin_part(const Packet& first);
  void end_part(Flow& flow, const Part& part);

  [[nodiscard]] std::uint64_t open_flows() const noexcept override { return flows_.size(); }
  [[nodiscard]] std::uint64_t ended_flows() const noexcept override { return ended_; }
  [[nodiscard]] std::uint64_t disordered_packets() const noexcept override { return disordered_; }
  [[nodiscard]] std::uint64_t forgotten_streams() const noexcept override {
    return ended_streams_.forgotten();
  }
  [[nodiscard]] FlowTally tally() const noexcept override { return tally_; }

 private:
  struct KeyOf {
    using type = StreamKey;
    const StreamKey& operator()(const Flow& flow) const noexcept { return flow.key; }
  };
  using Recency =
      boost::intrusive::list<Flow, boost::intrusive::member_hook<Flow, Flow::ListHook, &Flow::by_recency>>;
  using Flows =
      boost::intrusive::unordered_set<Flow, boost::intrusive::member_hook<Flow, Flow::SetHook, &Flow::by_key>,
                                      boost::intrusive::key_of_value<KeyOf>,
                                      boost::intrusive::hash<StreamKeyHash>,
                                      boost::intrusive::power_2_buckets<true>>;

  [[nodiscard]] std::optional<EndReason> cut_before(const Flow& flow, std::int64_t time_ns) const;
  Flow& flow_for(Flow* flow, const Packet& packet);
  Flow& open(const Packet& packet);
  void add(Flow& flow, const Packet& packet);
  static void extend(Flow& flow, std::int64_t time_ns);
  void note_close(Flow& flow);
  void make_room();
  void cut(Flow& flow, EndReason reason);
  void unlink(Flow& flow) noexcept;
  void leave_recency(Flow& flow) noexcept;
  void place_by_touch(Flow& flow);
  void hand_over(Flow& flow, EndReason reason);
  void hand_over_cut();
  void hand_over_open(EndReason reason);
  void expire(std::int64_t now_ns);
  void find_idle(std::int64_t now_ns);
  void find_closed(std::int64_t now_ns);
  void grow();
  [[nodiscard]] Recency& recency_of(Transport transport) noexcept { return recency_[place_of(transport)]; }
  [[nodiscard]] std::uint64_t idle_ns(Transport transport) const noexcept {
    return static_cast<std::uint64_t>(policy_.idle_timeout(transport).count());
  }

  [[nodiscard]] CloseState& close_of(const Flow& flow) const noexcept;

  /// A flow that is over, and for how long.
  struct Due {
    Flow* flow;
    EndReason reason;
    std::uint64_t overdue_ns;
  };
  /// A flow that was closed; it may be gone by now.
  struct Closed {
    StreamKey key;
    std::uint32_t split_index;
    std::int64_t since_ns;
  };

  const FlowPolicy policy_;
  const AccumulatorSet& accumulators_;
  FlowSink& sink_;
  std::size_t start_offset_ = 0;  // of the StartState, with an active time-out
  std::size_t close_offset_ = 0;  // of the CloseState, with a linger
  boost::pool<> memory_;
  std::vector<Flows::bucket_type> buckets_;
  Flows flows_;
  std::array<Recency, transport_count>
      recency_;  // by place_of(): the flow longest without a packet comes first
  std::array<Flow*, transport_count> placed_{};  // by place_of(): the last one of end_part(), or null
  EndedStreams ended_streams_;
  std::vector<Due> due_;       // scratch: flows that end together
  std::deque<Closed> closed_;  // in the order in which they were closed
  struct Cut {
    Flow* flow;
    EndReason reason;
  };
  std::vector<Cut> cut_;  // ended by packets of the frame that is being taken, not handed over yet
  std::int64_t clock_ns_ = 0;
  bool clock_set_ = false;
  std::uint64_t ended_ = 0;
  FlowTally tally_{};
  std::uint64_t disordered_ = 0;
};

}  // namespace flowmeter
