#pragma once

#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/utc.h"
#include "base/utf8.h"
#include "sink/row_writer.h"

namespace flowmeter {

/// A JSON document as it grows: members by name, text made valid.
class JsonDocument {
 public:
  JsonDocument() { json_.SetIndent(' ', 2); }

  void text(std::string_view value) {
    const std::string valid = to_utf8(value);
    json_.String(valid.data(), static_cast<rapidjson::SizeType>(valid.size()));
  }
  void text(const char* name, std::string_view value) {
    json_.Key(name);
    text(value);
  }
  void text_or_null(const char* name, std::string_view value) {
    json_.Key(name);
    if (value.empty()) {
      json_.Null();
    } else {
      text(value);
    }
  }
  void time(const char* name, const std::optional<std::int64_t>& ns) {
    text_or_null(name, ns ? utc_text(*ns, 9) : "");
  }
  void number(const char* name, std::uint64_t value) {
    json_.Key(name);
    json_.Uint64(value);
  }
  void real(const char* name, double value) {
    json_.Key(name);
    std::string digits;
    append_real(digits, value);
    json_.RawValue(digits.data(), digits.size(), rapidjson::kNumberType);
  }
  void flag(const char* name, bool value) {
    json_.Key(name);
    json_.Bool(value);
  }
  void list(const char* name, const std::vector<std::string>& values) {
    json_.Key(name);
    json_.StartArray();
    for (const std::string& value : values) text(value);
    json_.EndArray();
  }
  template <class Body>
  void object(const char* name, Body body) {
    json_.Key(name);
    object(body);
  }
  template <class Body>
  void object(Body body) {
    json_.StartObject();
    body();
    json_.EndObject();
  }
  template <class List, class Body>
  void objects(const char* name, const List& all, Body body) {
    json_.Key(name);
    json_.StartArray();
    for (const auto& one : all) object([&] { body(one); });
    json_.EndArray();
  }

  [[nodiscard]] std::string finished() const { return std::string(text_.GetString()) + '\n'; }

 private:
  rapidjson::StringBuffer text_;
  rapidjson::PrettyWriter<rapidjson::StringBuffer> json_{text_};
};

}  // namespace flowmeter
