#include "sink/json_writer.h"

#include <cmath>

#include "base/utf8.h"

namespace flowmeter {
namespace {

template <class Writer>
void string(Writer& writer, std::string_view text) {
  writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

}  // namespace

JsonWriter::JsonWriter(ByteSink& sink, std::vector<std::string> names)
    : sink_(sink), names_(std::move(names)) {}

/// The name of the cell that comes.
void JsonWriter::name() {
  if (column_ == 0) writer_.StartObject();
  const std::string& name = names_.at(column_++);
  writer_.Key(name.data(), static_cast<rapidjson::SizeType>(name.size()));
}

void JsonWriter::integer(std::int64_t value) {
  name();
  writer_.Int64(value);
}

void JsonWriter::natural(std::uint64_t value) {
  name();
  writer_.Uint64(value);
}

void JsonWriter::real(double value) {
  name();
  if (!std::isfinite(value)) {  // JSON has no word for it
    writer_.Null();
    return;
  }
  std::string text;
  append_real(text, value);
  writer_.RawValue(text.data(), text.size(), rapidjson::kNumberType);
}

void JsonWriter::text(std::string_view value) {
  name();
  if (is_utf8(value)) {
    string(writer_, value);
  } else {
    string(writer_, to_utf8(value));
  }
}

void JsonWriter::none(std::string_view token) {
  if (token != "null") {
    text(token);
    return;
  }
  name();
  writer_.Null();
}

void JsonWriter::end_row() {
  writer_.EndObject();
  row_.Put('\n');
  sink_.write({row_.GetString(), row_.GetSize()});
  row_.Clear();
  writer_.Reset(row_);
  column_ = 0;
}

}  // namespace flowmeter
