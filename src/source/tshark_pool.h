#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "capture/frame_dispatcher.h"
#include "source/tshark_process.h"

namespace flowmeter {

/// The tsharks of all worker slots, from one generation to the next: gives each what the FrameDispatcher has
/// for it, launches those that have something to do, no more than a limited number at a time, and lets go of
/// those that are done with. A tshark that keeps what it says in its output buffer gets flush frames.
class TsharkPool {
 public:
  /// What its tsharks are.
  struct Setup {
    /// The command for a worker slot.
    std::function<const Command&(unsigned slot)> command;
    /// What reads the records that tsharks of a worker slot write.
    std::function<std::unique_ptr<RecordParser>(unsigned slot)> parser;
    /// Called with a worker slot's next tshark before it is given anything.
    std::function<void(unsigned slot, TsharkProcess& next)> added;
    bool buffers = true;  ///< tsharks keep their output until they have much of it
  };

  /// `dispatcher` outlives the pool, which is told of its generations' ends; so does `io`.
  TsharkPool(EventLoop& io, FrameDispatcher& dispatcher, Setup setup, TsharkProcess::Events events);
  TsharkPool(const TsharkPool&) = delete;
  TsharkPool& operator=(const TsharkPool&) = delete;

  /// Gives the tsharks what was dispatched.
  void write_dispatched();

  /// The capture is over, all of it dispatched: gives the tsharks the rest, with which they end.
  void end_input();

  /// The user ends the run: the tsharks end with what they were given until now.
  void interrupt();

  /// Ends all tsharks at once.
  void kill();

  /// The slot's oldest tshark, whose records are due.
  [[nodiscard]] TsharkProcess& oldest(unsigned slot) { return *slots_[slot].front().process; }

  /// Nothing is waited for any more from the slot's oldest tshark, and there is a newer one. It is gone after
  /// the next free_released() only, since it may be its own event in which that turns out.
  void release_oldest(unsigned slot);
  void free_released() { released_.clear(); }

  /// The slot's oldest tshark is silent though frames are due from it: makes them come out of its output
  /// buffer, if it has been given all that there is. Once for each of its records, unless `again`.
  void flush(unsigned slot, bool again);

  /// Whether the tsharks keep up, so that more can be dispatched.
  [[nodiscard]] bool accepts_more() const;

  /// Whether a tshark was replaced.
  [[nodiscard]] bool replaced_any() const noexcept { return segments_ > slots_.size(); }

  /// tsharks that run.
  [[nodiscard]] std::size_t running() const;

 private:
  struct Member {
    std::unique_ptr<TsharkProcess> process;
    bool queued = false;                    // launched, or waiting for that
    std::uint64_t flushed_at = UINT64_MAX;  // records that it had written when it was flushed last
  };
  struct Waiting {
    unsigned slot;
    TsharkProcess* process;
  };

  void add(unsigned slot);
  [[nodiscard]] TsharkProcess& newest(unsigned slot) { return *slots_[slot].back().process; }
  void end_generation(unsigned slot);
  void queue_needed(unsigned slot);
  void launch_waiting();
  bool add_flush_frames(unsigned slot);

  EventLoop& io_;
  FrameDispatcher& dispatcher_;
  const Setup setup_;
  const TsharkProcess::Events events_;
  std::vector<std::deque<Member>> slots_;  // generations of each, the oldest first
  std::deque<Waiting> waiting_;            // to be launched
  std::deque<Member> released_;            // done with, and not gone yet
  std::uint32_t segments_ = 0;
  bool input_ended_ = false;
};

}  // namespace flowmeter
