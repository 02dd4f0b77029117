#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "capture/decompress.h"
#include "capture/frame_dispatcher.h"
#include "dialect/parser.h"
#include "dialect/record_splitter.h"
#include "dialect/skipped.h"
#include "packet/decoder.h"
#include "packet/media_watch.h"
#include "packet/observer.h"
#include "packet/stream_directory.h"
#include "packet/stream_facts.h"
#include "source/child.h"
#include "source/fd_watcher.h"
#include "source/frame_source.h"
#include "source/local_header_merger.h"
#include "source/timer.h"
#include "source/tshark_command.h"

namespace flowmeter {

/// How a fleet is to work.
struct FleetOptions {
  TsharkOptions tshark;                                      ///< its program is a path
  TsharkOutputFormat decoder = TsharkOutputFormat::columns;  ///< ek or columns
  std::string configuration_directory;
  unsigned jobs = 1;                 ///< tsharks that share the frames
  std::uint64_t life_frames = 0;     ///< frames after which a tshark is replaced; 0: never
  std::chrono::nanoseconds idle{0};  ///< flow policy's, see StreamDirectory
  std::size_t remembered_streams = 0;
  bool at_once = false;            ///< every frame as soon as it is there; else whole buffers, with less work
  bool shielded = false;           ///< tsharks end with their input alone, see Command
  bool keep_going = false;         ///< frames that cannot be read are left out and counted
  bool read_headers = false;       ///< take what lies open from the frames, see LocalHeaderMerger; columns
  bool refuse_cut_values = false;  ///< throw CutValue when a record is due that columns did not hold
  bool protocols = true;           ///< the run needs all of frame.protocols
  bool watch_media = false;        ///< look for announcements of media, see MediaWatch
  std::uint64_t frames_before = 0;  ///< first frames that are not published: they were before
  TunnelPolicy tunnel = TunnelPolicy::all;
};

/// Several tsharks for one capture: reads it once, deals its frames out so that every conversation
/// stays with one tshark, collects what they say in the order of the capture, and gives each stream
/// the number that a single tshark would have meant. To bound memory a tshark is replaced by a
/// fresh one after a number of frames.
///
/// What the dealing cannot keep together (see FrameDispatcher) the StreamDirectory joins.
///
/// Headers that lie open in a frame are read there, so that tshark is asked for less. Where a tshark sees
/// others than the splitter does (a tunnel on a port that is not known for it, say), all that was read
/// is worth nothing from there on: Retry::without_local_headers asks for another one that trusts tshark
/// alone.
///
/// Backpressure: the capture is read only as far as `frames_ahead` frames beyond what was collected
/// and while the tsharks take it. A tshark that was given frames but keeps what it says in its
/// buffer is pushed on with frames without meaning.
///
/// Errors: InputError (and CutValue) as thrown into `guard` by what it runs, after all frames before the
/// damage were published.
class ParallelTshark final : public FrameSource, private PacketSource, private StreamNumbers {
 public:
  /// `fields`: the run's; a copy with the fields of its own is kept, in which they have the same
  /// numbers. `origin`: whether `fd` is a regular file. `head`: bytes of it that were read before.
  ParallelTshark(EventLoop& io, const FleetOptions& options, const FieldSet& fields, CaptureOrigin origin,
                 int fd, std::string head, Host host);
  ~ParallelTshark();

  void attach(PacketObserver& observer) override { PacketSource::attach(observer); }
  void start() override;
  void interrupt() override;
  void kill() override;
  void pass_time(std::int64_t now_ns) override { publish_time(now_ns); }
  void end(EndOfInput how) override { publish_end(how); }

  [[nodiscard]] bool has_frames_in_flight() const override { return in_flight() != 0; }
  [[nodiscard]] std::uint64_t published() const override {
    return std::max(collected_, options_.frames_before);
  }
  [[nodiscard]] const SkippedRecords& skipped() const override { return skipped_; }
  [[nodiscard]] const PacketDecoder& decoder() const override { return decoder_; }
  /// Of a tshark that is asked for everything; for plain frames they are asked for less.
  [[nodiscard]] std::string command_line() const override;
  [[nodiscard]] Separated separated() const override;
  [[nodiscard]] std::string activity() const override;

 private:
  /// Frames that were dealt out and have not come back yet.
  [[nodiscard]] std::uint64_t in_flight() const noexcept { return dispatcher_.frames() - collected_; }

  /// One tshark, from its first frame to its last: a segment.
  struct Life {
    unsigned lane = 0;
    std::uint32_t number = 0;   // which of the lane's lives
    std::uint32_t segment = 0;  // which of all
    std::string input;          // bytes that it is still to be given
    std::size_t written = 0;    // of them
    bool input_over = false;    // no more will be added
    bool deaf = false;          // it does not read any more
    std::uint64_t taken = 0;    // records taken, meaningless ones too
    bool output_over = false;
    std::unique_ptr<Child> child;
    std::unique_ptr<FdWatcher> in, out, err;
    bool writing = false;                  // waits until its input can be written
    bool queued = false;                   // launched, or waiting for that
    std::uint64_t pushed_at = UINT64_MAX;  // `taken` when it was last pushed on
    LineSplitter framer{LineSplitter::LastLine::torn};
    std::unique_ptr<RecordParser> parser;
  };
  using Lane = std::deque<std::unique_ptr<Life>>;

  void read_capture();
  void feed(std::string_view piece);
  void end_of_capture();
  void hand_out();
  void begin_life(unsigned lane);
  void launch_waiting();
  void launch(Life& life);
  void write(Life& life);
  void read_output(Life& life);
  void read_errors(Life& life);
  bool collect_frame();
  void collect();
  bool take_record(Life& life);
  void skip(const std::string& why);
  void pass_over(const CutValue& error);
  void count_skipped(const std::string& why);
  bool complete_record(const Life& life);
  bool publish_record(const Life& life);
  void disagree();
  std::uint64_t translate(const Packet& header, bool quoted) override;
  void end_input(unsigned lane);
  bool fill(unsigned lane);
  void retire(Lane& lane, std::uint32_t number);
  void end(Life& life);
  void lost(Life& life);
  [[noreturn]] void fail(Life& life, const ChildExit& how);
  void push();
  void tick();
  void wind_up();
  [[nodiscard]] bool may_read() const;

  EventLoop& io_;
  const FleetOptions options_;
  FieldSet fields_;
  const StreamFactsReader facts_;
  std::optional<MediaWatch> media_;
  const FieldSet asked_, asked_of_open_;  // what tsharks are asked for
  std::optional<LocalHeaderMerger> headers_;
  Host host_;
  const Command command_, open_command_;
  const CaptureOrigin origin_;
  const int fd_;
  std::string head_;

  Decompressor decompressor_;
  FrameDispatcher dispatcher_;
  std::vector<Lane> lanes_;
  std::unique_ptr<FdWatcher> capture_;
  std::vector<char> piece_;
  bool reading_ = false;  // waits for the capture
  bool capture_over_ = false;
  std::size_t living_ = 0;     // tsharks that run
  std::deque<Life*> waiting_;  // to be launched
  Lane retired_;               // ended, and not gone yet
  PackingEnd packing_ = PackingEnd::whole;
  std::uint32_t segments_ = 0;
  const Life* due_ = nullptr;  // whose frame is being published
  std::uint64_t collected_ = 0;
  std::uint64_t collected_at_tick_ = 0;
  std::int64_t clock_ns_ = 0;
  bool clock_set_ = false;
  bool rest_over_ = false;
  bool finished_ = false;

  Record record_;
  bool record_damaged_ = false;  // it was a frame's, but cannot be read
  SkippedRecords skipped_;
  PacketDecoder decoder_;
  StreamDirectory directory_;
  Timer ticker_;
};

}  // namespace flowmeter
