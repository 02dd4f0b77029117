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

std::unique_ptr<RecordParser> make_parser(InputKind kind, const FieldSet& fields) {
  if (kind == InputKind::fields) return std::make_unique<TableParser>(fields);
  return std::make_unique<JsonParser>(fields);
}

}  // namespace

DialectSource::DialectSource(InputKind kind, const FieldSet& fields, TunnelPolicy tunnel)
    : framer_(make_framer(kind)),
      parser_(make_parser(kind, fields)),
      record_(fields.size()),
      decoder_(fields, tunnel) {}

DialectSource::DialectSource(Decoder decoder, const FieldSet& fields, TunnelPolicy tunnel)
    : framer_(make_framer(decoder == Decoder::json ? InputKind::json : InputKind::ek)),
      parser_(make_parser(decoder, fields)),
      record_(fields.size()),
      decoder_(fields, tunnel) {}

std::unique_ptr<RecordParser> make_parser(Decoder decoder, const FieldSet& fields) {
  return make_parser(decoder, fields, fields);
}

std::unique_ptr<RecordParser> make_parser(Decoder decoder, const FieldSet& fields,
                                          const FieldSet& asked) {
  if (decoder == Decoder::columns) return std::make_unique<TableParser>(fields, asked.names());
  return std::make_unique<JsonParser>(fields);
}

DialectSource::~DialectSource() = default;

void DialectSource::rank_streams() {
  ranks_ = std::make_unique<StreamRanks>();
  decoder_.translate_streams(*ranks_);
}

void DialectSource::drain() {
  while (const auto text = framer_->next()) {
    try {
      if (!parser_->parse(*text, record_)) continue;
      publish(decoder_.decode(record_));
    } catch (const InputError& error) {
      throw InputError(fmt::format("{}: {}", framer_->place(), error.what()), error.nothing_done());
    }
  }
}

void DialectSource::close() {
  framer_->close();
  drain();
}

}  // namespace flowmeter
