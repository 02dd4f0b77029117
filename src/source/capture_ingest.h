#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "capture/decompress.h"
#include "capture/frame_dispatcher.h"
#include "source/event_loop.h"
#include "source/fd_watcher.h"

namespace flowmeter {

/// Reads a capture from a descriptor, decompresses it, and feeds it to a FrameDispatcher, piece by piece as
/// long as more may be read.
class CaptureIngest {
 public:
  /// What it calls, in the event loop.
  struct Host {
    std::function<void(const std::function<void()>&)> guard;  ///< runs a step, handles its exceptions
    std::function<bool()> may_read;                           ///< whether the next piece may be read
    std::function<void(std::string_view)> read;  ///< these bytes, as they are in the input; or nothing
    std::function<void()> dispatched;            ///< a piece was dispatched
    std::function<void()> ended;                 ///< no more will be dispatched
  };

  /// `fd` is read, not closed. `dispatcher` outlives the ingest.
  CaptureIngest(EventLoop& io, int fd, FrameDispatcher& dispatcher, Host host);
  CaptureIngest(const CaptureIngest&) = delete;
  CaptureIngest& operator=(const CaptureIngest&) = delete;

  /// Begins. `head`: bytes that were read before.
  void start(std::string_view head);

  /// Goes on if more may be read now.
  void resume();

  /// Reads no more; what was read is all of the capture that there is. Not an end that the host is told of.
  void stop();

  /// Whether it has read all of the capture, or was stopped.
  [[nodiscard]] bool ended() const noexcept { return ended_; }

  /// How a compressed capture ended, and what is wrong if it is damaged.
  [[nodiscard]] PackingEnd packing() const noexcept { return packing_; }
  [[nodiscard]] const std::string& problem() const { return decompressor_.problem(); }

 private:
  void read_piece();
  void feed(std::string_view piece);
  void end();

  EventLoop& io_;
  const int fd_;
  FrameDispatcher& dispatcher_;
  const Host host_;
  Decompressor decompressor_;
  std::unique_ptr<FdWatcher> watcher_;  // from start() to stop()
  std::vector<char> piece_;
  bool waiting_ = false;  // for the descriptor
  bool ended_ = false;
  PackingEnd packing_ = PackingEnd::whole;
};

}  // namespace flowmeter
