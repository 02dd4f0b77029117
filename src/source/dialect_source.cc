#include "source/dialect_source.h"

#include <fmt/format.h>

#include <utility>

#include "base/error.h"
#include "dialect/json_parser.h"
#include "dialect/table_parser.h"
#include "packet/joined_streams.h"
#include "packet/stream_ranks.h"

namespace flowmeter {
namespace {

std::unique_ptr<RecordSplitter> make_splitter(InputKind kind) {
  if (kind == InputKind::fields) return std::make_unique<LineSplitter>();
  return std::make_unique<JsonFramer>();
}

std::unique_ptr<RecordSplitter> make_splitter(TsharkOutputFormat decoder) {
  if (decoder == TsharkOutputFormat::json) return std::make_unique<JsonFramer>();
  return std::make_unique<LineSplitter>(LineSplitter::LastLine::torn);
}

std::unique_ptr<RecordParser> make_parser(InputKind kind, const FieldSet& fields) {
  if (kind == InputKind::fields) return std::make_unique<TableParser>(fields);
  return std::make_unique<JsonParser>(fields);
}

}  // namespace

DialectSource::DialectSource(InputKind kind, const FieldSet& fields, TunnelPolicy tunnel,
                             TransportSet transports, const std::optional<Joining>& joining)
    : fields_(fields),
      segments_(std::in_place, fields_),
      joins_(joining.has_value()),
      numbers_(joins_ ? std::make_unique<JoinedStreams>(fields_, joining->idle, joining->remembered,
                                                        StreamRules::usual())
                      : nullptr),
      splitter_(make_splitter(kind)),
      parser_(make_parser(kind, fields_)),
      record_(fields_.size()),
      decoder_(fields_, tunnel, transports) {
  if (fields.find("frame.number") == no_field) decoder_.count_frames();
  expect_all_values();
  if (numbers_) decoder_.translate_streams(*numbers_);
}

DialectSource::DialectSource(TsharkOutputFormat decoder, const FieldSet& fields, TunnelPolicy tunnel,
                             TransportSet transports)
    : fields_(fields),
      splitter_(make_splitter(decoder)),
      parser_(make_parser(decoder, fields_)),
      record_(fields_.size()),
      decoder_(fields_, tunnel, transports) {}

std::unique_ptr<RecordParser> make_parser(TsharkOutputFormat decoder, const FieldSet& fields) {
  return make_parser(decoder, fields, fields);
}

std::unique_ptr<RecordParser> make_parser(TsharkOutputFormat decoder, const FieldSet& fields,
                                          const FieldSet& asked) {
  if (decoder == TsharkOutputFormat::columns) return std::make_unique<TableParser>(fields, asked.names());
  return std::make_unique<JsonParser>(fields);
}

DialectSource::~DialectSource() = default;

void DialectSource::rank_streams() {
  if (joins_) return;  // and numbers them so
  numbers_ = std::make_unique<StreamRanks>();
  decoder_.translate_streams(*numbers_);
}

std::optional<std::span<char>> DialectSource::next_record() {
  while (true) {
    try {
      return splitter_->next();
    } catch (const InputError& error) {
      if (splitter_->at_end()) throw;
      skipper_.damaged(error.what(), error.nothing_done());
    }
  }
}

/// What stands between outputs of tshark must not stand within one.
void DialectSource::look_before() {
  const Between between = std::exchange(in_new_array_, false) ? Between::beginning : parser_->before();
  if (segments_ && segments_->begins_with(record_, between)) {
    if (due_ != nullptr) {
      if (on_lack_ && due_->any_lacking()) on_lack_(true);
      due_->begin_segment();
    }
    if (joins_) {
      decoder_.join_segment();
    } else {
      publish_segment();
      decoder_.begin_segment();
    }
  } else if (between == Between::text || between == Between::statistics) {
    const std::string why = "a frame after text that tshark does not write";
    skipper_.damaged(skipper_.keeps_going() ? fmt::format("before {}: {}", splitter_->place(), why) : why);
  }
}

/// A step with the record that the framer has handed out last: errors tell its place.
template <class Step>
void DialectSource::at_record(Step step) {
  try {
    step();
  } catch (const CutValue& error) {
    skipper_.cut(error, fmt::format("{}: {}", splitter_->place(), error.what()));
  } catch (const InputError& error) {
    const std::string why = fmt::format("{}: {}", splitter_->place(), error.what());
    if (error.nothing_done()) throw InputError(why, true);
    skipper_.damaged(why);
  }
}

void DialectSource::drain() {
  while (!reached()) {
    const auto text = next_record();
    if (!text) return;
    in_new_array_ |= splitter_->opens_array();
    const Frame* frame = nullptr;
    at_record([&] {
      if (!parser_->parse(*text, record_)) return;
      look_before();
      frame = &decoder_.decode(record_);
    });
    if (frame == nullptr || decoder_.frames() <= frames_before_) continue;
    if (on_lack_ && due_->any_lacking()) on_lack_(false);
    at_record([&] {
      publish(*frame);
      published_ = decoder_.frames();
    });
  }
}

void DialectSource::close() {
  splitter_->close();
  drain();
}

}  // namespace flowmeter
