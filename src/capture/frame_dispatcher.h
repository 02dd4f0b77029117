#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/circular_buffer.hpp>

#include "capture/dispatch_log.h"
#include "capture/flush_frame.h"
#include "capture/kept_frames.h"
#include "capture/local_header.h"
#include "capture/pair_set.h"
#include "capture/preamble.h"
#include "capture/reader.h"
#include "capture/routing_key.h"

namespace flowmeter {

/// What a FrameDispatcher does beyond dealing.
struct DispatcherOptions {
  std::uint64_t life_frames = 0;  ///< most frames of the input in a worker's life; 0: it never ends
  bool keeper = false;            ///< one more lane, for applications whose dissectors remember
  std::size_t keeper_pairs = std::size_t{1} << 20;  ///< most pairs of addresses that it keeps
  bool headers = false;                             ///< workers get open frames alone, whose headers are kept
};

/// Deals the frames of one capture to a number of tsharks, each reading `-r -` from a pipe.
/// All frames of a pair of addresses go to one worker; what is not plain goes to worker 0 (tunnels,
/// fragments); what is not a frame goes to all. With one lane and one life its output is the input, byte for
/// byte.
///
/// Lanes: one for each worker, behind them one for what is not open, if headers are asked for, and the
/// keeper's, if there is one.
/// The keeper gets the traffic of the applications in application_ports.h and, from a pair's first frame
/// on that may announce something, all that is between these two addresses, in tunnels that are walked (see
/// carried_part()) as well: so their dissectors find what they look for. Its life does not end. Media between
/// addresses other than those that announced it are not found.
///
/// Headers: on demand the workers get only *open* frames, in which the one TCP or UDP header can be read
/// here, or which seem to have none; headers() has them. All else, fragments and what would be worker
/// 0's, has the lane `odd`. Whoever asks for headers has to see whether tshark finds the same.
///
/// Lives: a tshark that is replaced when it had its frames bounds the memory of all of them. The
/// next one is given the prologue, then as context the newest IP fragments that its lane had, as
/// the parts of a datagram may lie on both sides (see kept_frames.h; only of the same section of a pcapng).
/// Context is in no run of the log, as fillers are; its streams take numbers in the new tshark all the same.
///
/// Input: the (decompressed) bytes of a capture in pieces of any size; finish() at the end.
/// Output: bytes per lane, to be drained by the caller, and the log of who has which frame.
/// Errors: never throws on input. The first record that tshark would refuse goes to worker 0 with
/// all that follows it, so that tshark says itself what is wrong, and the log ends in a `rest`.
/// A worker that ends before it gave all its frames met damage that only tshark sees: the input
/// ends there for all of them, in the order of the log.
/// An input that cannot be split at all (`unsupported`) goes to worker 0 from its first byte on;
/// a caller that has a file may as well give that to one tshark.
///
/// A conversation may still have frames in two lanes: UDP in fragments and whole, a packet now
/// and then inside a tunnel, what went before its pair came to the keeper, and whatever goes on
/// when a worker is replaced. Each has its own stream numbers there; joining them by 5-tuple is up
/// to the reader of the log.
///
/// Memory: one piece, one record, the log not taken yet, what the caller has not drained, the
/// fragments of each lane, and 16 MiB for a keeper with all its pairs. A lane without a frame holds
/// no more than twice the prologue, whatever passes by.
/// Not thread-safe.
class FrameDispatcher {
 public:
  /// Called with a lane whose life is over, in feed() or finish().
  using LifeEnd = std::function<void(unsigned worker)>;

  /// `workers`: at least 1. `origin`: of the bytes, as a single tshark would have met them.
  FrameDispatcher(unsigned workers, CaptureOrigin origin, const DispatcherOptions& options = {});

  /// Sets what is called when a lane has had the frames of a life and the next one for it is there,
  /// before anything of the new life is written. It takes output(worker), which is the rest of the
  /// old life, and leaves it empty; given(worker) is still the old life's. It may not feed.
  /// Without it no life ends.
  void on_life_end(LifeEnd callback) { on_life_end_ = std::move(callback); }

  /// Takes the next piece, which may go when this returns.
  void feed(std::string_view piece);

  /// The input is over; deals out what was held back.
  void finish();

  /// What waits to be written to a lane. The caller takes from the front or clears it; a
  /// string that keeps its capacity makes for no allocation.
  std::string& output(unsigned worker) { return lanes_[worker].output; }

  /// Whether a lane's life needs a tshark: it has a frame of the input, or what cannot be split.
  /// Until then its output() may be left as it is: it is a whole beginning at any time.
  /// An input without any frame needs none; what tshark says of it, worker 0's would.
  [[nodiscard]] bool needed(unsigned worker) const;

  /// Who has which frame, in frame order.
  DispatchLog& log() { return log_; }

  /// Gives a lane `count` frames without meaning, to push its tshark's buffered output forward:
  /// they are in no run of the log. False: not possible with this link type, or not yet, or no
  /// more.
  bool filler(unsigned worker, std::size_t count = 1);

  /// A fresh tshark takes a lane's place: its output is now to begin with all that must come
  /// first, and its places count from 0 again. Context is there if lives end or there is a keeper.
  /// What its predecessor was not given yet must have been drained before.
  void new_life(unsigned worker);

  /// Lanes: the workers, and the keeper if there is one.
  [[nodiscard]] unsigned lanes() const { return static_cast<unsigned>(lanes_.size()); }

  /// Workers, without the other lanes.
  [[nodiscard]] unsigned workers() const { return workers_; }

  /// Whether the frames of a lane are open, so that headers() has theirs.
  [[nodiscard]] bool open(unsigned worker) const { return options_.headers && worker < workers_; }

  /// What the frames of open lanes say of themselves, in frame order. The consumer takes them from the
  /// front with their frames.
  boost::circular_buffer<LocalHeader>& headers() { return headers_; }

  /// How far the reader has come, and where it met with trouble.
  [[nodiscard]] const CaptureReader& reader() const { return reader_; }

  /// Frames dealt so far; without fillers, context and those of the rest.
  [[nodiscard]] std::uint64_t frames() const { return frames_; }

  /// Frames that a lane was given in this life, fillers and context included.
  [[nodiscard]] std::uint64_t given(unsigned worker) const { return lanes_[worker].given; }

  /// How often the lane has been given to a fresh tshark.
  [[nodiscard]] std::uint32_t life(unsigned worker) const { return lanes_[worker].life; }

  /// Frames that should have brought their pair of addresses to the keeper when it had room for no
  /// more: they went there alone. Other than 0: stream numbers may differ from one tshark's.
  [[nodiscard]] std::uint64_t pairs_refused() const { return pairs_refused_; }

 private:
  struct Lane {
    std::string output;
    std::uint64_t given = 0;    // in this life
    std::uint64_t frames = 0;   // in this life, of the input
    std::size_t beginning = 0;  // bytes put in output while nothing was given
    std::uint32_t life = 0;
    KeptFrames fragments;  // of all lives, in this section; the keeper's: what it was handed over, too
  };

  void deal_all();
  void deal(const CaptureItem& item);
  void deal_frame(const CaptureItem& item);
  void deal_tail(const CaptureItem& item);
  void deal_to_all(const CaptureItem& item);
  [[nodiscard]] RoutingKey key_of(const CaptureItem& frame) const;
  [[nodiscard]] unsigned lane_of(const RoutingKey& key) const;
  [[nodiscard]] bool goes_to_keeper(const RoutingKey& key);
  [[nodiscard]] unsigned keeper() const { return lanes() - 1; }
  [[nodiscard]] bool is_keeper(unsigned worker) const { return options_.keeper && worker == keeper(); }
  void keep_header(const CaptureItem& frame, const RoutingKey& key);
  [[nodiscard]] bool life_is_over(unsigned worker) const;
  [[nodiscard]] std::uint64_t size_of(unsigned worker) const;
  void bring_to_keeper(std::uint64_t pair);
  void hand_over(const KeptFrames& frames, std::uint64_t pair);

  CaptureReader reader_;
  DispatcherOptions options_;
  unsigned workers_;
  unsigned odd_;  // the lane of what is not plain: the first worker's or its own
  std::vector<Lane> lanes_;
  DispatchLog log_;
  boost::circular_buffer<LocalHeader> headers_;
  CapturePreamble preamble_;
  FlushFrame filler_;
  PairSet keepers_;
  KeptFrames claims_;  // not those that the keeper had
  LifeEnd on_life_end_;
  std::uint64_t frames_ = 0;
  std::uint64_t pairs_refused_ = 0;
  bool rest_ = false;
};

}  // namespace flowmeter
