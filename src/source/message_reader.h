#pragma once

#include <functional>

#include "source/child.h"
#include "source/fd_watcher.h"

namespace flowmeter {

/// Reads what a child writes to its standard error as it comes, so that the child never waits for us; the
/// child keeps it, see Child::errors().
class MessageReader {
 public:
  /// `child` outlives the reader. `over` is called in the loop `io` when the child has closed its standard
  /// error; it may destroy the reader.
  MessageReader(EventLoop& io, Child& child, std::function<void()> over = {});

 private:
  void read();

  Child& child_;
  FdWatcher watcher_;
  std::function<void()> over_;
};

}  // namespace flowmeter
