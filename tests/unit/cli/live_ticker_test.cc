#include "cli/live_ticker.h"

// Boost 1.74's Asio uses std::exchange without including it.
#include <utility>

#include <gtest/gtest.h>
#include <boost/asio/io_context.hpp>

#include <optional>
#include <vector>

namespace flowmeter {
namespace {

TEST(LiveTicker, TellsTheTimeOfTheFramesUntilItIsStopped) {
  boost::asio::io_context io;
  std::vector<std::optional<std::int64_t>> times;
  LiveTicker* self = nullptr;
  LiveTicker ticker(io, [&](std::optional<std::int64_t> now_ns) {
    times.push_back(now_ns);
    if (times.size() == 2) self->stop();
    Frame frame;
    frame.time_ns = 5'000'000'000;
    frame.timed = true;
    self->observer().on_frame(frame);
  });
  self = &ticker;
  ticker.start();
  io.run();
  ASSERT_EQ(times.size(), 2U);
  EXPECT_EQ(times[0], std::nullopt) << "no frame came yet";
  ASSERT_TRUE(times[1].has_value());
  EXPECT_GE(*times[1], 5'000'000'000);
}

}  // namespace
}  // namespace flowmeter
