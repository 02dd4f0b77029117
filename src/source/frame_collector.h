#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "capture/frame_dispatcher.h"
#include "dialect/fields.h"
#include "dialect/skipped.h"
#include "packet/decoder.h"
#include "packet/joined_streams.h"
#include "packet/media_watch.h"
#include "source/local_header_merger.h"
#include "source/tshark_records.h"

namespace flowmeter {

/// How frames are collected.
struct CollectorOptions {
  std::chrono::nanoseconds idle{0};  ///< flow policy's, see StreamDirectory
  std::size_t remembered_streams = 0;
  StreamRules rules{};              ///< of the tsharks
  bool keep_going = false;          ///< frames that cannot be read are left out and counted
  bool refuse_cut_values = false;   ///< throw CutValue when a record is due that columns did not hold
  bool read_headers = false;        ///< plain frames have local headers, see LocalHeaderMerger; columns
  bool protocols = true;            ///< the run needs all of frame.protocols
  bool watch_media = false;         ///< look for announcements of media, see MediaWatch
  std::uint64_t frames_before = 0;  ///< first frames that are not handed out: they were before
  TunnelPolicy tunnel = TunnelPolicy::all;
};

/// What FrameCollector::next() found.
enum class NextFrame {
  ready,      ///< frame() is the next frame
  left_out,   ///< the next frame is damaged, or was handed out before
  waiting,    ///< no frame is due, or its tshark has not written it yet
  missing,    ///< the tshark that has the next frame ended without it
  disagreed,  ///< the tshark sees other headers in the next frame than were read here
};

/// Puts the frames of several tsharks in the order of the capture, which the DispatchLog has: each is made of
/// the record of the tshark that has it and, if it is a plain frame, of the local header that was read from
/// it. Its streams get the numbers that a single tshark would have given.
class FrameCollector {
 public:
  /// `fields`: the run's; a copy is kept, with fields of its own after them. `dispatcher` has the log and the
  /// local headers, and outlives the collector. `one_column`: see MediaWatch.
  FrameCollector(FrameDispatcher& dispatcher, const CollectorOptions& options, const FieldSet& fields,
                 bool one_column);
  FrameCollector(const FrameCollector&) = delete;
  FrameCollector& operator=(const FrameCollector&) = delete;

  /// The records of a worker slot's next generation, the first one's first. They must stay until `done` was
  /// called with the slot, when they are not looked at any more.
  void add(unsigned slot, std::uint32_t generation, std::uint32_t segment, TsharkRecords& records) {
    generations_[slot].push_back({generation, segment, &records});
  }
  void on_generation_done(std::function<void(unsigned slot)> done) { done_ = std::move(done); }

  /// Goes on to the next frame of the capture, if it is there.
  /// Throws InputError, with the place, and CutValue for what is damaged, unless that is to be left out.
  [[nodiscard]] NextFrame next();

  /// After NextFrame::ready: the frame, until next() is called again.
  [[nodiscard]] const Frame& frame() const noexcept { return *frame_; }

  /// The frame makes no sense to those who see it: leaves it out as damaged ones are. Throws as next().
  void leave_out(const InputError& error);

  /// Whether all frames that were dispatched so far have been collected.
  [[nodiscard]] bool complete() const { return dispatcher_.log().empty() || rest_ended_; }
  /// Whether the last of them came from the rest of a capture that only tshark can read.
  [[nodiscard]] bool rest_ended() const noexcept { return rest_ended_; }

  /// Frames collected, without those of the rest.
  [[nodiscard]] std::uint64_t collected() const noexcept { return collected_; }
  /// Frames handed out, here or before.
  [[nodiscard]] std::uint64_t published() const noexcept {
    return std::max(collected_, options_.frames_before);
  }

  /// The fields of a record.
  [[nodiscard]] const FieldSet& fields() const noexcept { return fields_; }
  /// Those that a tshark is to be asked for, and those that are enough for plain frames.
  [[nodiscard]] const FieldSet& asked() const noexcept { return asked_; }
  [[nodiscard]] const FieldSet& asked_of_plain() const noexcept { return asked_of_plain_; }

  [[nodiscard]] const PacketDecoder& decoder() const noexcept { return decoder_; }
  [[nodiscard]] const SkippedRecords& skipped() const noexcept { return skipper_.skipped(); }
  /// Frames that announced media between other hosts than their own, if that was asked for.
  [[nodiscard]] std::uint64_t media_elsewhere() const noexcept { return media_ ? media_->frames() : 0; }

 private:
  /// What one tshark writes.
  struct Generation {
    std::uint32_t number = 0;
    std::uint32_t segment = 0;
    TsharkRecords* records = nullptr;
  };

  Generation& generation_of(const DispatchSpan& span);
  bool read_record(TsharkRecords& records);
  void learn_context(const Generation& generation);
  bool add_local_header();
  NextFrame decode(const Generation& generation, bool plain);
  void skip(const CutValue& error);

  FrameDispatcher& dispatcher_;
  const CollectorOptions options_;
  FieldSet fields_;
  JoinedStreams streams_;
  std::optional<MediaWatch> media_;
  const FieldSet asked_, asked_of_plain_;
  std::optional<LocalHeaderMerger> headers_;
  std::vector<std::deque<Generation>> generations_;  // of each worker slot, the oldest first
  std::function<void(unsigned)> done_;
  Record record_;
  bool record_damaged_ = false;  // it was a frame's, but cannot be read
  PacketDecoder decoder_;
  PacketDecoder context_decoder_;  // of what tsharks were shown before their own frames
  const Frame* frame_ = nullptr;
  RecordSkipper skipper_{options_.keep_going, options_.refuse_cut_values};
  std::uint64_t collected_ = 0;
  bool rest_ended_ = false;
};

}  // namespace flowmeter
