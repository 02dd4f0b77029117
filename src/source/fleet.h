#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "capture/frame_dispatcher.h"
#include "packet/observer.h"
#include "source/capture_ingest.h"
#include "source/frame_collector.h"
#include "source/timer.h"
#include "source/tshark_command.h"
#include "source/tshark_pool.h"

namespace flowmeter {

/// How a fleet is to work.
struct FleetOptions : CollectorOptions {
  TsharkOptions tshark;                                      ///< its program is a path
  TsharkOutputFormat decoder = TsharkOutputFormat::columns;  ///< ek or columns
  std::string configuration_directory;
  unsigned jobs = 1;              ///< tsharks that share the frames
  std::uint64_t life_frames = 0;  ///< frames after which a tshark is replaced; 0: never
  bool at_once = false;           ///< every frame as soon as it is there; else whole buffers, with less work
  bool shielded = false;          ///< tsharks end with their input alone, see Command
};

/// Several tsharks for one capture: reads it once (CaptureIngest), dispatches its frames so that every
/// conversation stays with one tshark (FrameDispatcher), runs the tsharks (TsharkPool), collects what they
/// say in the order of the capture, and gives each stream the number that a single tshark would have given
/// (FrameCollector). To bound memory a tshark is replaced by a fresh one after a number of frames.
///
/// Headers of plain frames are parsed here, so that tshark is asked for less. Where a tshark sees
/// others than were parsed (a tunnel on a port that is not known for it, say), all that was parsed
/// is worth nothing from there on: Host::disagreed asks for another fleet that trusts tshark alone.
///
/// Backpressure: the capture is read only as far as `frames_ahead` frames beyond what was collected
/// and while the tsharks keep up.
///
/// Errors: InputError (and CutValue) as thrown into `guard` by what it runs, after all frames before the
/// damage were published.
class TsharkFleet final : public PacketSource {
 public:
  /// What a fleet calls. All of them outlive it.
  struct Host {
    std::function<void(const std::function<void()>&)> guard;  ///< runs a step, handles its exceptions
    std::function<void()> progressed;                         ///< frames were published
    std::function<void()> done;                               ///< the input is over
    std::function<void(std::string_view)> took;               ///< these bytes were read; or nothing
    std::function<void()> unsplittable;  ///< a file that only one tshark can read; nothing was done
    std::function<void(std::uint64_t frames)> disagreed;  ///< about headers, after so many frames
  };

  /// `fields`: the run's. `origin`: whether `fd` is a regular file. `head`: bytes of it that were read
  /// before.
  TsharkFleet(EventLoop& io, const FleetOptions& options, const FieldSet& fields, CaptureOrigin origin,
              int fd, std::string head, Host host);

  /// Begins; everything else happens in `io`.
  void start();

  /// The user ends the run: no more is read, the tsharks end with what they have.
  void interrupt();

  /// Ends all tsharks at once; nothing more is waited for. What the loop has in its queue by now must
  /// still find the fleet.
  void kill();

  /// Tells the observers what time it is though no frame comes.
  void pass_time(std::int64_t now_ns) { publish_time(now_ns); }

  /// Tells the observers how it ended.
  void end(EndOfInput how) { publish_end(how); }

  /// Frames that were dispatched and have not come back yet.
  [[nodiscard]] std::uint64_t in_flight() const noexcept {
    return dispatcher_.frames() - collector_.collected();
  }

  /// tsharks that run.
  [[nodiscard]] std::size_t living() const { return pool_.running(); }

  /// The command of a tshark that is asked for everything; for plain frames they are asked for less.
  [[nodiscard]] const Command& command() const noexcept { return command_; }
  /// What it is asked for: the run's fields and the fleet's own.
  [[nodiscard]] const FieldSet& fields() const noexcept { return collector_.asked(); }

  [[nodiscard]] std::uint64_t frames() const noexcept { return collector_.decoder().frames(); }
  /// Frames that were published, here or before.
  [[nodiscard]] std::uint64_t published() const noexcept { return collector_.published(); }
  /// What made frames of the records.
  [[nodiscard]] const PacketDecoder& decoder() const noexcept { return collector_.decoder(); }
  /// See FrameDispatcher::pairs_refused().
  [[nodiscard]] std::uint64_t pairs_refused() const noexcept { return dispatcher_.pairs_refused(); }
  /// Frames that announced media between other hosts than their own, see MediaWatch; if that was asked for.
  [[nodiscard]] std::uint64_t media_elsewhere() const noexcept { return collector_.media_elsewhere(); }
  [[nodiscard]] const SkippedRecords& skipped() const noexcept { return collector_.skipped(); }

 private:
  TsharkPool::Setup pool_setup(const FleetOptions& options);
  CaptureIngest::Host ingest_host();
  void give_to_tsharks();
  void collect();
  bool publish_next();
  void end_without_frame();
  [[noreturn]] void fail(TsharkProcess& process, const ChildExit& how);
  void flush_due(bool again);
  void watch_for_silence();
  void finish_if_complete();

  const CaptureOrigin origin_;
  const Host host_;
  FrameDispatcher dispatcher_;
  FrameCollector collector_;
  const Command command_, plain_command_;
  TsharkPool pool_;
  CaptureIngest ingest_;
  std::string head_;
  Timer timer_;
  std::uint64_t collected_before_ = 0;  // when the timer went off last
  bool finished_ = false;
};

}  // namespace flowmeter
