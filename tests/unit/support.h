#pragma once

#include <gtest/gtest.h>

#include <exception>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dialect/fields.h"
#include "dialect/record.h"
#include "packet/packet.h"
#include "sink/byte_sink.h"

namespace flowmeter::test {

inline constexpr std::int64_t second = 1'000'000'000;  // in nanoseconds

/// What the Error says that `action` throws. A test fails if it throws none, or another one.
template <class Error, class Action>
std::string message_of(Action&& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  } catch (const std::exception& error) {
    ADD_FAILURE() << "another exception: " << error.what();
    return {};
  }
  ADD_FAILURE() << "nothing was thrown";
  return {};
}

/// Collects what is written.
class MemorySink final : public ByteSink {
 public:
  void write(std::string_view bytes) override { text += bytes; }
  void flush() override { ++flushes; }
  void finish() override { ++finishes; }

  std::string text;
  int flushes = 0, finishes = 0;
};

inline FieldSet field_set(std::initializer_list<std::string_view> names) {
  FieldSet fields;
  for (const std::string_view name : names) fields.add(name);
  return fields;
}

/// Fields with their values, as they stand in a frame.
using FrameText = std::vector<std::pair<std::string_view, std::vector<std::string_view>>>;

/// A sealed record with these values, which must be literals. Fields must be in `fields`.
inline Record record_of(const FieldSet& fields, const FrameText& frame) {
  Record record(fields.size());
  for (const auto& [name, values] : frame) {
    const FieldId field = fields.find(name);
    EXPECT_NE(field, no_field) << name;
    for (const std::string_view value : values) record.add(field, value);
  }
  record.seal(false);
  return record;
}

inline std::vector<std::string> strings(std::span<const std::string_view> views) {
  return {views.begin(), views.end()};
}

/// An IPv4 endpoint 10.0.0.HOST:PORT.
inline Endpoint endpoint(std::uint8_t host, std::uint16_t port) {
  Endpoint end;
  end.address.version = 4;
  end.address.bytes = {10, 0, 0, host};
  end.port = port;
  return end;
}

/// Client and server of the hand-made flows.
inline const Endpoint client = endpoint(1, 40000);
inline const Endpoint server = endpoint(2, 80);

}  // namespace flowmeter::test
