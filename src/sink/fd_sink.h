#pragma once

#include <string>

#include "sink/byte_sink.h"

namespace flowmeter {

/// A buffered descriptor: stdout, a pipe, a terminal, a file. Waits for a slow reader, but not when
/// the user ends the run: then the reader has a second left.
class FdSink final : public ByteSink {
 public:
  /// `name` is for messages. Does not close the descriptor.
  FdSink(int fd, std::string name);

  void write(std::string_view bytes) override;
  void flush() override;
  void finish() override { flush(); }

 private:
  void wait_writable();

  const int fd_;
  const std::string name_;
  const bool may_block_;  // not a regular file
  std::string buffer_;
};

}  // namespace flowmeter
