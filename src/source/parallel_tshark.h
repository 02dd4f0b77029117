#pragma once

#include <cstdint>
#include <string>

#include "capture/frame_dispatcher.h"
#include "packet/observer.h"
#include "source/capture_ingest.h"
#include "source/frame_collector.h"
#include "source/frame_source.h"
#include "source/timer.h"
#include "source/tshark_command.h"
#include "source/tshark_pool.h"

namespace flowmeter {

/// How several tsharks are to work.
struct ParallelOptions : CollectorOptions {
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
/// is worth nothing from there on: Retry::without_local_headers asks for another source that trusts tshark
/// alone.
///
/// Backpressure: the capture is read only as far as `frames_ahead` frames beyond what was collected
/// and while the tsharks keep up.
///
/// Errors: InputError (and CutValue) as thrown into `guard` by what it runs, after all frames before the
/// damage were published.
class ParallelTshark final : public FrameSource, private PacketSource {
 public:
  /// `fields`: the run's. `origin`: whether `fd` is a regular file. `head`: bytes of it that were read
  /// before.
  ParallelTshark(EventLoop& io, const ParallelOptions& options, const FieldSet& fields, CaptureOrigin origin,
                 int fd, std::string head, Host host);

  void attach(PacketObserver& observer) override { PacketSource::attach(observer); }
  void start() override;
  void interrupt() override;
  void kill() override;
  void pass_time(std::int64_t now_ns) override { publish_time(now_ns); }
  void end(EndOfInput how) override { publish_end(how); }

  [[nodiscard]] bool has_frames_in_flight() const override { return in_flight() != 0; }
  [[nodiscard]] std::uint64_t published() const override { return collector_.published(); }
  [[nodiscard]] const SkippedRecords& skipped() const override { return collector_.skipped(); }
  [[nodiscard]] const PacketDecoder& decoder() const override { return collector_.decoder(); }
  /// Of a tshark that is asked for everything; for plain frames they are asked for less.
  [[nodiscard]] std::string command_line() const override;
  [[nodiscard]] Separated separated() const override;
  [[nodiscard]] std::string activity() const override;

 private:
  /// Frames that were dispatched and have not come back yet.
  [[nodiscard]] std::uint64_t in_flight() const noexcept {
    return dispatcher_.frames() - collector_.collected();
  }
  TsharkPool::Setup pool_setup(const ParallelOptions& options);
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
