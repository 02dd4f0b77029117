#pragma once

#include <functional>
#include <memory>

#include "source/event_loop.h"

namespace flowmeter {

/// A wait for readiness on a descriptor that somebody else owns and closes, after the FdWatcher is gone.
/// (Asio's own reads would make the descriptor non-blocking for everybody who shares it, such as the
/// shell's terminal.) A handler that waits, or stands in the loop's queue, is dropped when the FdWatcher
/// goes. What it is told of holds: Asio gives the memory of a descriptor that was let go of to the next one,
/// and may give an event of the former along with it.
class FdWatcher {
 public:
  FdWatcher(EventLoop& loop, int fd);
  ~FdWatcher();
  FdWatcher(const FdWatcher&) = delete;
  FdWatcher& operator=(const FdWatcher&) = delete;

  void readable(std::function<void()> handler);
  void writable(std::function<void()> handler);
  void cancel();
  [[nodiscard]] int fd() const { return fd_; }

 private:
  struct Stream;

  void wait(bool for_writing, std::function<void()> handler);

  std::unique_ptr<Stream> stream_;
  int fd_;
  bool assigned_ = false;
  bool pollable_ = false;
  std::shared_ptr<int> there_ = std::make_shared<int>();  // goes with us
};

}  // namespace flowmeter
