#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "source/event_loop.h"

namespace flowmeter {

/// A wait for a time. A handler that waits is dropped when the Timer goes, is cancelled, or is set anew; one
/// that stands in the loop's queue already as well, which Asio's own timers would still call.
class Timer {
 public:
  explicit Timer(EventLoop& loop);
  ~Timer();

  /// Calls `handler` once, so long from now.
  void after(std::chrono::steady_clock::duration delay, std::function<void()> handler);
  void cancel();

  /// Whether a handler is still to be called.
  [[nodiscard]] bool waits() const noexcept { return set_ != nullptr; }

 private:
  struct Clock;

  std::unique_ptr<Clock> clock_;
  std::shared_ptr<int> set_;  // goes with the handler's turn
};

}  // namespace flowmeter
