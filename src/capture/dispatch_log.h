#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace flowmeter {

/// Frames that follow each other in the input and went to the same tshark.
struct DispatchSpan {
  std::uint64_t first = 0;       ///< the first one's place among all that this generation of the worker was
                                 ///< given, from 0: tshark's frame.number minus 1
  std::uint32_t count = 0;       ///< frames; not 0, unless `rest`
  std::uint32_t generation = 0;  ///< of the worker: how often it had been replaced
  std::uint32_t slot = 0;        ///< the worker's
  bool rest = false;             ///< whatever the worker still gives, until it ends; nothing follows
};

/// Which worker has the next frame of the input: a queue of spans, in frame order.
/// The consumer removes from the front. What a worker gives with a place below `first` and
/// that was in no span before is a flush frame or context, to be dropped; so is all it gives at its end.
/// Not thread-safe.
class DispatchLog {
 public:
  /// Adds one frame at the end.
  void add(std::uint32_t slot, std::uint32_t generation, std::uint64_t place) {
    if (begin_ != spans_.size()) {
      DispatchSpan& last = spans_.back();
      const bool follows = last.slot == slot && last.generation == generation &&
                           last.first + last.count == place && last.count != UINT32_MAX;
      if (follows) {
        ++last.count;
        return;
      }
    }
    add({place, 1, generation, slot, false});
  }

  /// Ends the log: everything else comes from one worker, in an unknown number of frames.
  void add_rest(std::uint32_t slot, std::uint32_t generation, std::uint64_t place) {
    add({place, 0, generation, slot, true});
  }

  [[nodiscard]] bool empty() const { return begin_ == spans_.size(); }

  /// Spans in it.
  [[nodiscard]] std::size_t size() const { return spans_.size() - begin_; }

  /// The oldest span; it may still grow while it is the only one. Only if not empty.
  [[nodiscard]] const DispatchSpan& front() const { return spans_[begin_]; }

  /// Removes the oldest span.
  void pop_span() {
    if (++begin_ != spans_.size()) return;
    spans_.clear();
    begin_ = 0;
  }

  /// Removes one frame from the front, and the span with its last one. Not for `rest`.
  DispatchSpan pop_frame() {
    DispatchSpan& span = spans_[begin_];
    const DispatchSpan one{span.first, 1, span.generation, span.slot, false};
    ++span.first;
    if (--span.count == 0) pop_span();
    return one;
  }

 private:
  void add(const DispatchSpan& span) {
    constexpr std::size_t worth_moving = 4096;
    if (begin_ > worth_moving && begin_ > spans_.size() / 2) {
      spans_.erase(spans_.begin(), spans_.begin() + static_cast<std::ptrdiff_t>(begin_));
      begin_ = 0;
    }
    spans_.push_back(span);
  }

  std::vector<DispatchSpan> spans_;
  std::size_t begin_ = 0;  // spans before it are removed
};

}  // namespace flowmeter
