#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "deal_log.h"
#include "filler.h"
#include "flow_hash.h"
#include "prologue.h"
#include "reader.h"

namespace flowmeter {

/// Deals the frames of one capture to a number of tsharks, each reading `-r -` from a pipe.
/// All frames of a pair of addresses go to one worker; what is not plain goes to worker 0; what is
/// not a frame goes to all. With one worker its output is the input, byte for byte.
///
/// Input: the (decompressed) bytes of a capture in pieces of any size; finish() at the end.
/// Output: bytes per worker, to be drained by the caller, and the log of who has which frame.
/// Errors: never throws on input. The first record that tshark would refuse goes to worker 0 with
/// all that follows it, so that tshark says itself what is wrong, and the log ends in a `rest`.
/// A worker that ends before it gave all its frames met damage that only tshark sees: the input
/// ends there for all of them, in the order of the log.
/// An input that cannot be split at all (`unsupported`) goes to worker 0 from its first byte on;
/// a caller that has a file may as well give that to one tshark.
///
/// A conversation may still have frames in two workers: UDP in fragments and whole, a packet now
/// and then inside a tunnel, and whatever goes on when a worker is replaced. Each has its own
/// stream numbers there; joining them by 5-tuple is up to the reader of the log.
///
/// Memory: one piece, one record, the log not taken yet, and what the caller has not drained.
/// Not thread-safe.
class Dealer {
 public:
  /// `workers`: at least 1. `origin`: of the bytes, as a single tshark would have met them.
  Dealer(unsigned workers, CaptureOrigin origin);

  /// Takes the next piece, which may go when this returns.
  void feed(std::string_view piece);

  /// The input is over; deals out what was held back.
  void finish();

  /// What waits to be written to a worker. The caller takes from the front or clears it; a
  /// string that keeps its capacity makes for no allocation.
  std::string& output(unsigned worker) { return lanes_[worker].output; }

  /// Who has which frame, in frame order.
  DealLog& log() { return log_; }

  /// Gives a worker `count` frames without meaning, to push its buffered output forward: they
  /// are in no run of the log. False: not possible with this link type, or not yet, or no more.
  bool filler(unsigned worker, std::size_t count = 1);

  /// A fresh tshark takes a worker's place: its output is now to begin with all that must come
  /// first, and its places count from 0 again. What its predecessor was not given yet must have
  /// been drained before.
  void new_life(unsigned worker);

  /// Which worker a record goes to; for a frame only.
  [[nodiscard]] unsigned worker_for(const CaptureItem& frame) const;

  [[nodiscard]] unsigned workers() const { return static_cast<unsigned>(lanes_.size()); }

  /// How far the reader has come, and where it met with trouble.
  [[nodiscard]] const CaptureReader& reader() const { return reader_; }

  /// Frames dealt so far; without fillers and without those of the rest.
  [[nodiscard]] std::uint64_t frames() const { return frames_; }

  /// Frames that a worker was given in this life, fillers included.
  [[nodiscard]] std::uint64_t given(unsigned worker) const { return lanes_[worker].given; }

 private:
  struct Lane {
    std::string output;
    std::uint64_t given = 0;
    std::uint32_t life = 0;
  };

  void deal_all();
  void deal(const CaptureItem& item);
  void deal_frame(const CaptureItem& item);
  void deal_tail(const CaptureItem& item);

  CaptureReader reader_;
  std::vector<Lane> lanes_;
  DealLog log_;
  Prologue prologue_;
  Filler filler_;
  std::uint64_t frames_ = 0;
  bool rest_ = false;
};

}  // namespace flowmeter
