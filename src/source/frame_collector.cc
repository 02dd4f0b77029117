#include "source/frame_collector.h"

#include <fmt/format.h>

namespace flowmeter {

FrameCollector::FrameCollector(FrameDispatcher& dispatcher, const CollectorOptions& options,
                               const FieldSet& fields, bool one_column)
    : dispatcher_(dispatcher),
      options_(options),
      fields_(fields),
      streams_(fields_, options.idle, options.remembered_streams, options.rules),
      media_(options.watch_media ? std::optional<MediaWatch>(std::in_place, fields_, one_column)
                                 : std::nullopt),
      asked_(fields_),
      asked_of_plain_(LocalHeaderMerger::remaining(fields, options.protocols)),
      headers_(options.read_headers
                   ? std::optional<LocalHeaderMerger>(std::in_place, fields_, options.protocols)
                   : std::nullopt),
      generations_(dispatcher.slots()),
      record_(fields_.size()),
      decoder_(fields_, options.tunnel),
      context_decoder_(fields_) {
  decoder_.translate_streams(streams_);
  context_decoder_.translate_streams(streams_);
  decoder_.count_frames();
}

NextFrame FrameCollector::next() {
  DispatchLog& log = dispatcher_.log();
  if (complete()) return NextFrame::waiting;
  const DispatchSpan span = log.front();
  Generation& generation = generation_of(span);
  TsharkRecords& records = *generation.records;
  const bool plain = dispatcher_.has_local_headers(span.slot);
  while (true) {
    if (!read_record(records)) {
      if (!records.ended()) return NextFrame::waiting;
      if (!span.rest) return NextFrame::missing;
      rest_ended_ = true;
      return NextFrame::waiting;
    }
    if (records.count() > span.first) break;
    if (!plain && !record_damaged_) learn_context(generation);  // or it is a flush frame, which has no header
  }
  if (plain && !add_local_header()) return NextFrame::disagreed;
  const NextFrame found = record_damaged_ ? NextFrame::left_out : decode(generation, plain);
  if (found != NextFrame::disagreed && !span.rest) {
    log.pop_frame();
    ++collected_;
  }
  return found;
}

/// The tshark that has the span; nothing more is due from those before it.
FrameCollector::Generation& FrameCollector::generation_of(const DispatchSpan& span) {
  auto& generations = generations_[span.slot];
  while (generations.front().number < span.generation) {
    streams_.end_segment(generations.front().segment);
    generations.pop_front();
    if (done_) done_(span.slot);
  }
  return generations.front();
}

/// Reads the tshark's next record. False: it is not there.
bool FrameCollector::read_record(TsharkRecords& records) {
  record_damaged_ = false;
  try {
    return records.next(record_);
  } catch (const CutValue& error) {
    skip(error);
  } catch (const InputError& error) {
    skipper_.damaged(fmt::format("tshark's output after frame {}: {}", decoder_.frames(), error.what()));
  }
  record_damaged_ = true;
  return true;
}

/// The record is of a frame that the tshark was shown as context.
void FrameCollector::learn_context(const Generation& generation) {
  try {
    streams_.begin_context(generation.segment);
    static_cast<void>(context_decoder_.decode(record_));
  } catch (const InputError&) {
    return;  // a damaged record teaches what could be read of it
  }
}

/// Completes the record of a plain frame. False: tshark sees something else.
bool FrameCollector::add_local_header() {
  auto& local_headers = dispatcher_.local_headers();
  if (local_headers.empty()) return false;  // what was not split into frames here
  const bool agreed = record_damaged_ || headers_->complete(record_, local_headers.front());
  local_headers.pop_front();
  return agreed;
}

NextFrame FrameCollector::decode(const Generation& generation, bool plain) {
  try {
    streams_.begin_frame(generation.segment, plain ? &headers_->facts() : nullptr);
    frame_ = &decoder_.decode(record_);
    if (media_ && !plain) media_->look(record_);
  } catch (const CutValue& error) {
    skip(error);
    return NextFrame::left_out;
  } catch (const InputError& error) {
    leave_out(error);
    return NextFrame::left_out;
  }
  const std::size_t streams = frame_->packets.size() + frame_->quoted.size();
  if (plain && streams != (headers_->has_stream() ? 1 : 0)) return NextFrame::disagreed;
  return decoder_.frames() > options_.frames_before ? NextFrame::ready : NextFrame::left_out;
}

void FrameCollector::leave_out(const InputError& error) {
  skipper_.damaged(fmt::format("frame {}: {}", decoder_.frames(), error.what()));
}

/// A record that columns did not hold; nobody can be asked again unless the capture can be read again.
void FrameCollector::skip(const CutValue& error) {
  skipper_.cut(error, fmt::format("tshark's output after frame {}: {}", collected_, error.what()));
}

}  // namespace flowmeter
