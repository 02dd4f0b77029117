#include "source/dialect_source.h"

#include <fmt/format.h>

#include "base/error.h"
#include "dialect/json_parser.h"
#include "dialect/table_parser.h"
#include "packet/stream_ranks.h"

namespace flowmeter {
namespace {

std::unique_ptr<Framer> make_framer(InputKind kind) {
  if (kind == InputKind::json) return std::make_unique<ArrayFramer>();
  return std::make_unique<LineFramer>();
}

std::unique_ptr<Framer> make_framer(Decoder decoder) {
  if (decoder == Decoder::json) return std::make_unique<ArrayFramer>();
  return std::make_unique<LineFramer>(LineFramer::LastLine::torn);
}

std::unique_ptr<RecordParser> make_parser(InputKind kind, const FieldSet& fields) {
  if (kind == InputKind::fields) return std::make_unique<TableParser>(fields);
  return std::make_unique<JsonParser>(fields);
}

}  // namespace

DialectSource::DialectSource(InputKind kind, const FieldSet& fields, TunnelPolicy tunnel,
                             TransportSet transports)
    : framer_(make_framer(kind)),
      parser_(make_parser(kind, fields)),
      record_(fields.size()),
      decoder_(fields, tunnel, transports) {}

DialectSource::DialectSource(Decoder decoder, const FieldSet& fields, TunnelPolicy tunnel,
                             TransportSet transports)
    : framer_(make_framer(decoder)),
      parser_(make_parser(decoder, fields)),
      record_(fields.size()),
      decoder_(fields, tunnel, transports) {}

std::unique_ptr<RecordParser> make_parser(Decoder decoder, const FieldSet& fields) {
  return make_parser(decoder, fields, fields);
}

std::unique_ptr<RecordParser> make_parser(Decoder decoder, const FieldSet& fields, const FieldSet& asked) {
  if (decoder == Decoder::columns) return std::make_unique<TableParser>(fields, asked.names());
  return std::make_unique<JsonParser>(fields);
}

DialectSource::~DialectSource() = default;

void DialectSource::rank_streams() {
  ranks_ = std::make_unique<StreamRanks>();
  decoder_.translate_streams(*ranks_);
}

void DialectSource::skip(const std::string& why) {
  if (skipped_.count++ == 0) skipped_.first = why;
}

std::optional<std::span<char>> DialectSource::next_record() {
  while (true) {
    try {
      return framer_->next();
    } catch (const InputError& error) {
      if (!keep_going_ || framer_->at_end()) throw;
      skip(error.what());
    }
  }
}

bool DialectSource::parse(std::span<char> text) {
  try {
    return parser_->parse(text, record_);
  } catch (const MisplacedRecord& error) {
    if (!keep_going_) throw;
    skip(fmt::format("before {}: {}", framer_->place(), error.what()));
    return parser_->parse(text, record_);
  }
}

void DialectSource::drain() {
  while (const auto text = next_record()) {
    try {
      if (!parse(*text)) continue;
      publish(decoder_.decode(record_));
    } catch (const InputError& error) {
      const std::string why = fmt::format("{}: {}", framer_->place(), error.what());
      if (!keep_going_ || error.nothing_done()) throw InputError(why, error.nothing_done());
      skip(why);
    }
  }
}

void DialectSource::close() {
  framer_->close();
  drain();
}

}  // namespace flowmeter
