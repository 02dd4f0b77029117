#pragma once

#include <string>
#include <string_view>

namespace flowmeter {

/// Where output goes. Throws OutputError when it cannot be written, ReaderGone when nobody reads it.
class ByteSink {
 public:
  virtual ~ByteSink() = default;

  /// May keep the bytes back until flush() or finish().
  virtual void write(std::string_view bytes) = 0;

  /// Hands everything on that was kept back.
  virtual void flush() = 0;

  /// Flushes, and makes the output final (a file appears under its name). Without it, the output is
  /// that of a run that failed.
  virtual void finish() = 0;
};

}  // namespace flowmeter
