#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "source/child.h"
#include "source/event_loop.h"
#include "source/fd_watcher.h"

namespace flowmeter {

/// Writes bytes to a pipe without ever blocking: what the pipe does not take at once waits here until it
/// does. When the reader has gone, what is still to be written is dropped, and the pipe is closed.
class PipeWriter {
 public:
  /// `progressed` is called in the loop `io` after bytes were written that had to wait for room in the pipe,
  /// or were dropped. It must not destroy the writer.
  PipeWriter(EventLoop& io, std::function<void()> progressed);
  ~PipeWriter();

  /// Where the bytes go; it must not block. They may be added before. `pipe` is closed after the last byte,
  /// see finish().
  void open(Descriptor pipe);

  /// Adds bytes, to be written by write(). What is added after the pipe was closed is dropped.
  void add(std::string_view bytes);

  /// Adds the bytes and leaves `bytes` empty; does not copy them if nothing else is waiting.
  void add_all_of(std::string& bytes);

  /// Writes as much as the pipe takes; the rest follows by itself. Does nothing before open().
  void write();

  /// No more is added: closes the pipe as soon as all is written.
  void finish();

  /// Drops what is waiting.
  void discard() noexcept;

  /// Drops what is waiting, and closes the pipe.
  void close() noexcept;

  /// Bytes that were added and not written yet.
  [[nodiscard]] std::size_t waiting() const noexcept { return buffer_.size() - written_; }

  /// Whether the pipe is full, so that bytes wait for room in it.
  [[nodiscard]] bool is_blocked() const noexcept { return blocked_; }

  /// Whether the pipe was opened and is not closed yet.
  [[nodiscard]] bool is_open() const noexcept { return pipe_.get() >= 0; }

  /// Whether bytes are in the pipe that its reader has not read.
  [[nodiscard]] bool has_unread() const noexcept;

 private:
  void trim();

  EventLoop& io_;
  const std::function<void()> progressed_;
  Descriptor pipe_;
  std::unique_ptr<FdWatcher> watcher_;  // of pipe_
  std::string buffer_;
  std::size_t written_ = 0;  // bytes of it
  bool blocked_ = false;
  bool finished_ = false;  // no more is added
  bool closed_ = false;
};

}  // namespace flowmeter
