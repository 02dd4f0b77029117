#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace flowmeter {

/// Frames that follow each other in the input and went to the same worker.
struct DispatchSpan {
  std::uint64_t first = 0;   ///< the first one's place among all that its worker was given in this
                             ///< life, from 0: tshark's frame.number minus 1
  std::uint32_t count = 0;   ///< frames; not 0, unless `rest`
  std::uint32_t life = 0;    ///< of the worker: how often it had been replaced
  std::uint32_t worker = 0;  ///< its lane; the keeper has one too
  bool rest = false;         ///< whatever the worker still gives, until it ends; nothing follows
};

/// Which worker has the next frame of the input: a queue of runs, in frame order.
/// The consumer takes runs from the front. What a worker gives with a place below `first` and
/// that was in no run before is a filler or context, to be dropped; so is all it gives at its end.
/// Not thread-safe.
class DispatchLog {
 public:
  /// Adds one frame at the end.
  void add(std::uint32_t worker, std::uint32_t life, std::uint64_t place) {
    if (begin_ != runs_.size()) {
      DispatchSpan& last = runs_.back();
      const bool follows = last.worker == worker && last.life == life && last.first + last.count == place &&
                           last.count != UINT32_MAX;
      if (follows) {
        ++last.count;
        return;
      }
    }
    push({place, 1, life, worker, false});
  }

  /// Ends the log: everything else comes from one worker, in an unknown number of frames.
  void add_rest(std::uint32_t worker, std::uint32_t life, std::uint64_t place) {
    push({place, 0, life, worker, true});
  }

  [[nodiscard]] bool empty() const { return begin_ == runs_.size(); }

  /// Runs not taken yet.
  [[nodiscard]] std::size_t size() const { return runs_.size() - begin_; }

  /// The oldest run; it may still grow while it is the only one. Only if not empty.
  [[nodiscard]] const DispatchSpan& front() const { return runs_[begin_]; }

  /// Takes the oldest run away.
  void pop() {
    if (++begin_ != runs_.size()) return;
    runs_.clear();
    begin_ = 0;
  }

  /// Takes one frame off the front; the run goes with its last one. Not for `rest`.
  DispatchSpan take() {
    DispatchSpan& run = runs_[begin_];
    const DispatchSpan one{run.first, 1, run.life, run.worker, false};
    ++run.first;
    if (--run.count == 0) pop();
    return one;
  }

 private:
  void push(const DispatchSpan& run) {
    constexpr std::size_t worth_moving = 4096;
    if (begin_ > worth_moving && begin_ > runs_.size() / 2) {
      runs_.erase(runs_.begin(), runs_.begin() + static_cast<std::ptrdiff_t>(begin_));
      begin_ = 0;
    }
    runs_.push_back(run);
  }

  std::vector<DispatchSpan> runs_;
  std::size_t begin_ = 0;  // runs before it are taken
};

}  // namespace flowmeter
