#include "cli/live_ticker.h"

#include <chrono>
#include <utility>

namespace flowmeter {

LiveTicker::LiveTicker(EventLoop& io, std::function<void(std::optional<std::int64_t> now_ns)> tick)
    : tick_(std::move(tick)), timer_(io) {}

void LiveTicker::start() {
  timer_.after(std::chrono::milliseconds(100), [this] {
    start();
    tick_(clock_.now());
  });
}

}  // namespace flowmeter
