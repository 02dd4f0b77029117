#pragma once

#include <string>

#include "sink/byte_sink.h"

namespace flowmeter {

/// Collects what is written.
class TextSink final : public ByteSink {
 public:
  void write(std::string_view bytes) override { text += bytes; }
  void flush() override {}
  void finish() override {}

  std::string text;
};

}  // namespace flowmeter
