#pragma once

#include <functional>
#include <memory>

#include "source/dialect_source.h"
#include "source/fd_watcher.h"
#include "source/frame_source.h"

namespace flowmeter {

/// Reads tshark's text from a descriptor, as it comes, into a DialectSource.
class TextReader {
 public:
  /// `fd` and `text` outlive the reader. `over` is called under the host's guard, once, at the end of the
  /// text or when DialectSource::reached(). Of `host` guard, progressed and bytes_read are called.
  TextReader(EventLoop& io, int fd, DialectSource& text, FrameSource::Host host, std::function<void()> over);

  /// Begins to read, or goes on; it happens in the loop.
  void start();

  /// Reads no more.
  void stop() { watcher_.reset(); }

 private:
  void read_piece();

  DialectSource& text_;
  const FrameSource::Host host_;
  const std::function<void()> over_;
  std::unique_ptr<FdWatcher> watcher_;  // null: stopped
};

}  // namespace flowmeter
