#pragma once

#include <fcntl.h>

#include <functional>
#include <utility>

#include "base/descriptor.h"
#include "base/interrupt.h"
#include "source/fd_watcher.h"

namespace flowmeter {

/// A wait for SIGINT or SIGTERM.
class InterruptWatch {
 public:
  /// Calls `handler` once, in the loop `io`, when a signal came; unless the object is gone by then. Without
  /// an Interrupt it is called at once.
  InterruptWatch(EventLoop& io, std::function<void()> handler)
      : fd_(fcntl(Interrupt::descriptor(), F_DUPFD_CLOEXEC, 0)), watcher_(io, fd_.get()) {
    watcher_.readable(std::move(handler));
  }

 private:
  Descriptor fd_;  // a copy: several may wait in one loop, which takes each descriptor once
  FdWatcher watcher_;
};

}  // namespace flowmeter
