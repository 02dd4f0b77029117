#pragma once

// Boost 1.74's Asio uses std::exchange without including it.
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/error_code.hpp>
#include <chrono>
#include <memory>

namespace flowmeter {

/// A wait for a time. A handler that waits is dropped when the Timer goes, is cancelled, or is set anew; one
/// that stands in the loop's queue already as well, which Asio's own timers would still call.
class Timer {
 public:
  explicit Timer(boost::asio::io_context& io) : timer_(io) {}

  /// Calls `handler` once, so long from now.
  template <class Handler>
  void after(std::chrono::steady_clock::duration delay, Handler handler) {
    timer_.expires_after(delay);
    set_ = std::make_shared<int>();
    timer_.async_wait([this, set = std::weak_ptr<int>(set_),
                       handler = std::move(handler)](boost::system::error_code error) mutable {
      if (error || set.expired()) return;
      set_.reset();
      handler();
    });
  }

  void cancel() {
    set_.reset();
    timer_.cancel();
  }

  /// Whether a handler is still to be called.
  [[nodiscard]] bool waits() const noexcept { return set_ != nullptr; }

 private:
  boost::asio::steady_timer timer_;
  std::shared_ptr<int> set_;  // goes with the handler's turn
};

}  // namespace flowmeter
