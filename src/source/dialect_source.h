#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "dialect/parser.h"
#include "dialect/record_splitter.h"
#include "dialect/skipped.h"
#include "dialect/sniff.h"
#include "packet/decoder.h"
#include "packet/observer.h"
#include "source/segment_detector.h"
#include "source/tshark_command.h"

namespace flowmeter {

/// What reads the records that a tshark of ours writes in that form, for exactly these fields, which
/// outlive it.
[[nodiscard]] std::unique_ptr<RecordParser> make_parser(TsharkOutputFormat decoder, const FieldSet& fields);

/// The same for a tshark that was asked for only some of the fields.
[[nodiscard]] std::unique_ptr<RecordParser> make_parser(TsharkOutputFormat decoder, const FieldSet& fields,
                                                        const FieldSet& asked);

/// How streams go on from segment to segment, see StreamDirectory.
struct Joining {
  std::chrono::nanoseconds idle;
  std::size_t remembered;
};

/// tshark's output as a source of packets: bytes go in at one end, whatever their chunks, and frames
/// come out to the observers in the order of the input. Several outputs one after the other are a segment
/// each, see SegmentDetector; if they are to be joined, they are one, and observers are not told.
class DialectSource final : public PacketSource {
 public:
  /// What somebody else's tshark has written. `kind` is ek, json or fields.
  DialectSource(InputKind kind, const FieldSet& fields, TunnelPolicy tunnel = TunnelPolicy::all,
                TransportSet transports = tcp_and_udp, const std::optional<Joining>& joining = {});

  /// What a tshark of ours writes in that form, for exactly these fields.
  DialectSource(TsharkOutputFormat decoder, const FieldSet& fields, TunnelPolicy tunnel = TunnelPolicy::all,
                TransportSet transports = tcp_and_udp);
  ~DialectSource();

  /// Space for the next bytes, and how many of it were filled.
  std::span<char> room() { return splitter_->room(chunk_bytes_); }
  void commit(std::size_t count) { splitter_->commit(count); }

  /// From now on damaged records are passed over and counted, as long as others may follow.
  void keep_going() noexcept { skipper_.keep_going(); }
  [[nodiscard]] const SkippedRecords& skipped() const noexcept { return skipper_.skipped(); }

  /// From now on CutValue is thrown when a record is due that columns did not hold; else such a record is
  /// passed over as damaged ones are.
  void refuse_cut_values() noexcept { skipper_.refuse_cut_values(); }

  /// The first frames are not published: they were before.
  void begin_after(std::uint64_t frames) noexcept { frames_before_ = frames; }

  /// Frames that were published, here or before.
  [[nodiscard]] std::uint64_t published() const noexcept { return published_; }

  /// Publishes the frames that are whole by now.
  /// Throws InputError, with the place, where the text is damaged.
  void drain();

  /// No more bytes will come: publishes what is left. Throws as drain().
  void close();

  /// Publishes no more frames than that; reached() tells when there are so many. 0: all.
  void stop_after(std::uint64_t frames) noexcept { most_frames_ = frames; }
  [[nodiscard]] bool reached() const noexcept { return most_frames_ != 0 && frames() >= most_frames_; }

  /// Tells the observers what time it is though no frame comes.
  void pass_time(std::int64_t now_ns) { publish_time(now_ns); }

  /// Tells the observers how it ended.
  void end(EndOfInput how) { publish_end(how); }

  /// What the text must have; null for a tshark of ours, which was asked for it.
  [[nodiscard]] DueFields* due_fields() noexcept { return due_; }

  /// From now on all values are expected of a tshark of ours as well, since somebody else had a say in its
  /// command line: drain() throws as DueFields::refuse_loss().
  void expect_all_values() { due_ = &decoder_.expect_fields(); }

  /// Called when a field is lacking, before each frame is published and, with true, when no frame of that
  /// segment will come any more; may throw to refuse the text.
  void on_lack(std::function<void(bool at_end)> refuse) { on_lack_ = std::move(refuse); }

  [[nodiscard]] std::uint64_t frames() const noexcept { return decoder_.frames(); }
  /// What made frames of the records.
  [[nodiscard]] const PacketDecoder& decoder() const noexcept { return decoder_; }

  /// Numbers the streams by first appearance from now on, see StreamRanks.
  void rank_streams();

  /// Most bytes that room() offers; for tests of chunking.
  void set_chunk(std::size_t bytes) { chunk_bytes_ = bytes; }
  [[nodiscard]] std::size_t chunk() const noexcept { return chunk_bytes_; }

 private:
  std::optional<std::span<char>> next_record();
  void look_before();
  template <class Step>
  void at_record(Step step);

  std::size_t chunk_bytes_ = std::size_t{128} << 10;
  FieldSet fields_;
  std::optional<SegmentDetector> segments_;  // none for a tshark of ours
  const bool joins_ = false;
  std::unique_ptr<StreamNumbers> numbers_;  // or none
  std::unique_ptr<RecordSplitter> splitter_;
  std::unique_ptr<RecordParser> parser_;
  Record record_;
  PacketDecoder decoder_;
  DueFields* due_ = nullptr;
  std::function<void(bool)> on_lack_;  // or none
  bool in_new_array_ = false;          // which was opened behind the last frame
  std::uint64_t frames_before_ = 0;
  std::uint64_t published_ = 0;
  std::uint64_t most_frames_ = 0;
  RecordSkipper skipper_;
};

}  // namespace flowmeter
