#include "source/frame_collector.h"

#include <fmt/format.h>

namespace flowmeter {

FrameCollector::FrameCollector(FrameDispatcher& dispatcher, const CollectorOptions& options,
                               const FieldSet& fields, bool one_column)
    : dispatcher_(dispatcher),
      options_(options),
      fields_(fields),
      streams_(fields_, options.idle, options.remembered_streams),
      media_(options.watch_media ? std::optional<MediaWatch>(std::in_place, fields_, one_column)
                                 : std::nullopt),
      asked_(fields_),
      asked_of_plain_(LocalHeaderMerger::remaining(fields, options.protocols)),
      headers_(options.read_headers
                   ? std::optional<LocalHeaderMerger>(std::in_place, fields_, options.protocols)
                   : std::nullopt),
      generations_(dispatcher.slots()),
      record_(fields_.size()),
      decoder_(fields_, options.tunnel) {
  decoder_.translate_streams(streams_);
  decoder_.count_frames();
}

NextFrame FrameCollector::next() {
  DispatchLog& log = dispatcher_.log();
  if (complete()) return NextFrame::waiting;
  const DispatchSpan span = log.front();
  Generation& generation = generation_of(span);
  TsharkRecords& records = *generation.records;
  do {
    if (read_record(records)) continue;
    if (!records.ended()) return NextFrame::waiting;
    if (!span.rest) return NextFrame::missing;
    rest_ended_ = true;
    return NextFrame::waiting;
  } while (records.count() <= span.first);  // of flush frames, or context
  const bool plain = dispatcher_.has_local_headers(span.slot);
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
    skip(fmt::format("tshark's output after frame {}: {}", decoder_.frames(), error.what()));
  }
  record_damaged_ = true;
  return true;
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
  skip(fmt::format("frame {}: {}", decoder_.frames(), error.what()));
}

/// Damage that is no reason to end, if the user wants to go on.
void FrameCollector::skip(const std::string& why) {
  if (!options_.keep_going) throw InputError(why);
  count_skipped(why);
}

/// A record that columns did not hold; nobody can be asked again unless the capture can be read again.
void FrameCollector::skip(const CutValue& error) {
  if (options_.refuse_cut_values) throw error;
  count_skipped(fmt::format("tshark's output after frame {}: {}", collected_, error.what()));
}

void FrameCollector::count_skipped(const std::string& why) {
  if (skipped_.count++ == 0) skipped_.first = why;
}

}  // namespace flowmeter
