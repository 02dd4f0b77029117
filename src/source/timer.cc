#include "source/timer.h"

// Boost 1.74's Asio uses std::exchange without including it.
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/error_code.hpp>

namespace flowmeter {

struct Timer::Clock : boost::asio::steady_timer {
  using basic_waitable_timer::basic_waitable_timer;
};

Timer::Timer(EventLoop& loop) : clock_(std::make_unique<Clock>(loop)) {}

Timer::~Timer() = default;

void Timer::after(std::chrono::steady_clock::duration delay, std::function<void()> handler) {
  clock_->expires_after(delay);
  set_ = std::make_shared<int>();
  clock_->async_wait(
      [this, set = std::weak_ptr<int>(set_), handler = std::move(handler)](boost::system::error_code error) {
        if (error || set.expired()) return;
        set_.reset();
        handler();
      });
}

void Timer::cancel() {
  set_.reset();
  clock_->cancel();
}

}  // namespace flowmeter
