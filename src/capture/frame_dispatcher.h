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
#include "capture/frame_router.h"
#include "capture/local_header.h"
#include "capture/preamble.h"
#include "capture/reader.h"
#include "capture/worker_slot.h"

namespace flowmeter {

/// Shares the frames of one capture among a number of tsharks, each reading `-r -` from a pipe.
/// All frames of a pair of addresses go to one worker; what is not plain (tunnels, fragments) goes to
/// worker 0; what is not a frame goes to all. With one worker slot and one generation its output is the
/// input, byte for byte.
///
/// Worker slots: one for each worker, then the fallback worker's if local headers are asked for, then the
/// stateful worker's if there is one.
///
/// The stateful worker gets the traffic of the applications in application_ports.h and, from a pair's first
/// frame on that may announce something, all that is between these two addresses, in tunnels that are walked
/// (see carried_part()) as well: so their dissectors find what they look for. It is never replaced. Media
/// between addresses other than those that announced it are not found.
///
/// Local headers: on demand the workers get *plain* frames alone, in which the one TCP or UDP header can be
/// parsed here, or which seem to have none; local_headers() has them. All else, fragments and what would be
/// worker 0's, goes to the fallback worker. Whoever asks for local headers has to see whether tshark finds
/// the same.
///
/// Generations: a tshark that is replaced when it had its frames bounds the memory of all of them. The
/// next one is given the preamble, then as context the newest IP fragments that its slot had, as
/// the parts of a datagram may lie on both sides (see fragments.h; only of the same section of a pcapng).
/// Context is in no span of the log, as flush frames are; its streams take numbers in the new tshark all the
/// same.
///
/// Input: the (decompressed) bytes of a capture in pieces of any size; finish() at the end.
/// Output: bytes per slot, to be drained by the caller, and the log of who has which frame.
/// Errors: never throws on input. The first record that tshark would refuse goes to worker 0 with
/// all that follows it, so that tshark says itself what is wrong, and the log ends in a `rest`.
/// A worker that ends before it gave all its frames met damage that only tshark sees: the input
/// ends there for all of them, in the order of the log.
/// An input that cannot be split at all (`unsupported`) goes to worker 0 from its first byte on;
/// a caller that has a file may as well give that to one tshark.
///
/// A conversation may still have frames in two slots: UDP in fragments and whole, a packet now
/// and then inside a tunnel, what came before its pair was the stateful worker's, and whatever continues
/// when a worker is replaced. Each has its own stream numbers there; joining them by 5-tuple is up
/// to the reader of the log.
///
/// Memory: one piece, one record, the log not read yet, what the caller has not drained, the
/// fragments of each slot, and 16 MiB for a stateful worker with all its pairs. A slot without a frame holds
/// no more than twice the preamble, whatever passes by.
/// Not thread-safe.
class FrameDispatcher {
 public:
  /// Called with a slot whose generation is over, in feed() or finish().
  using GenerationEnd = std::function<void(unsigned slot)>;

  /// `workers`: at least 1. `origin`: of the bytes, as a single tshark would have met them.
  FrameDispatcher(unsigned workers, CaptureOrigin origin, const DispatcherOptions& options = {});
  FrameDispatcher(const FrameDispatcher&) = delete;
  FrameDispatcher& operator=(const FrameDispatcher&) = delete;

  /// Sets what is called when a slot has had the frames of a generation and the next one for it is there,
  /// before anything of the new generation is written. It drains output(slot), which is the rest of the
  /// old generation, and leaves it empty; given(slot) is still the old generation's. It may not feed.
  /// Without it no generation ends.
  void on_generation_end(GenerationEnd callback) { on_generation_end_ = std::move(callback); }

  /// Dispatches the next piece, which may go when this returns.
  void feed(std::string_view piece);

  /// The input is over; dispatches what was held back.
  void finish();

  /// What waits to be written to a slot's tshark. The caller drains it; a string that keeps its capacity
  /// makes for no allocation.
  std::string& output(unsigned slot) { return slots_[slot].output(); }

  /// Whether a slot's generation needs a tshark: it has a frame of the input, or what cannot be split.
  /// Until then its output() may be left as it is: it is a whole beginning at any time.
  /// An input without any frame needs none; what tshark says of it, worker 0's would.
  [[nodiscard]] bool needed(unsigned slot) const;

  /// Who has which frame, in frame order.
  DispatchLog& log() { return log_; }

  /// Gives a slot `count` flush frames: they are in no span of the log. False: not possible with this link
  /// type, or not yet, or no more.
  bool add_flush_frames(unsigned slot, std::size_t count = 1);

  /// A fresh tshark gets a slot: its output is now to begin with all that must come first, and its places
  /// count from 0 again. Context is there if generations end or there is a stateful worker.
  /// What its predecessor was not given yet must have been drained before.
  void begin_generation(unsigned slot) { slots_[slot].begin_generation(preamble_); }

  /// Worker slots, of the fallback and the stateful worker too if there are such.
  [[nodiscard]] unsigned slots() const { return static_cast<unsigned>(slots_.size()); }

  /// Workers that share the plain frames.
  [[nodiscard]] unsigned workers() const { return router_.workers(); }

  /// Whether all frames of a slot are plain, so that local_headers() has theirs.
  [[nodiscard]] bool has_local_headers(unsigned slot) const {
    return options_.local_headers && slot < workers();
  }

  /// The headers of the frames in such slots, in frame order. The consumer removes them from the
  /// front with their frames.
  boost::circular_buffer<LocalHeader>& local_headers() { return local_headers_; }

  /// How far the reader has come, and where it met with trouble.
  [[nodiscard]] const CaptureReader& reader() const { return reader_; }

  /// Frames dispatched so far; without flush frames, context and those of the rest.
  [[nodiscard]] std::uint64_t frames() const { return frames_; }

  /// Frames that a slot was given in this generation, flush frames and context included.
  [[nodiscard]] std::uint64_t given(unsigned slot) const { return slots_[slot].given(); }

  /// How often the slot has been given to a fresh tshark.
  [[nodiscard]] std::uint32_t generation(unsigned slot) const { return slots_[slot].generation(); }

  /// Frames that should have brought their pair of addresses to the stateful worker when there was room for
  /// no more pairs: they went there alone. Other than 0: stream numbers may differ from one tshark's.
  [[nodiscard]] std::uint64_t pairs_refused() const { return router_.pairs_refused(); }

 private:
  void dispatch_all();
  void dispatch_frame(const CaptureItem& item);
  void dispatch_tail(const CaptureItem& item);
  void dispatch_to_all(const CaptureItem& item);
  void keep_header(const CaptureItem& frame, const RoutingKey& key);
  [[nodiscard]] bool generation_is_over(unsigned slot) const;
  [[nodiscard]] std::uint64_t size_of(unsigned slot) const;

  const DispatcherOptions options_;
  CaptureReader reader_;
  FrameRouter router_;
  std::vector<WorkerSlot> slots_;
  DispatchLog log_;
  boost::circular_buffer<LocalHeader> local_headers_;
  CapturePreamble preamble_;
  FlushFrame flush_frame_;
  GenerationEnd on_generation_end_;
  std::uint64_t frames_ = 0;
  bool rest_ = false;
};

}  // namespace flowmeter
