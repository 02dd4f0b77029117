#include "source/timer.h"

// Boost 1.74's Asio uses std::exchange without including it.
#include <utility>

#include <gtest/gtest.h>
#include <boost/asio/io_context.hpp>

#include <functional>
#include <optional>
#include <thread>

namespace flowmeter {
namespace {

using std::chrono::milliseconds;

/// Two timers that are due when the loop looks at them, so that the handler of the first one runs while that
/// of the second one stands in the queue.
struct TwoDue {
  boost::asio::io_context io;
  Timer first{io};
  std::optional<Timer> second{std::in_place, io};
  int called = 0;

  template <class Action>
  void run(Action action) {
    first.after({}, action);
    second->after({}, [this] { ++called; });
    std::this_thread::sleep_for(milliseconds(2));
    io.run();
  }
};

TEST(Timer, CallsOnce) {
  TwoDue timers;
  EXPECT_FALSE(timers.second->waits());
  timers.run([&] { EXPECT_TRUE(timers.second->waits()); });
  EXPECT_EQ(timers.called, 1);
  EXPECT_FALSE(timers.second->waits());
}

TEST(Timer, IsNotCalledWhenItWasCancelledInTheQueue) {
  TwoDue timers;
  timers.run([&] {
    timers.second->cancel();
    EXPECT_FALSE(timers.second->waits());
  });
  EXPECT_EQ(timers.called, 0);
}

TEST(Timer, IsCalledForTheLastTimeThatWasSet) {
  TwoDue timers;
  int other = 0;
  timers.run([&] { timers.second->after(milliseconds(1), [&] { ++other; }); });
  EXPECT_EQ(timers.called, 0);
  EXPECT_EQ(other, 1);
}

TEST(Timer, IsNotCalledWhenItIsGone) {
  TwoDue timers;
  timers.run([&] { timers.second.reset(); });
  EXPECT_EQ(timers.called, 0);
}

TEST(Timer, MaySetItselfAgain) {
  boost::asio::io_context io;
  Timer timer(io);
  int called = 0;
  std::function<void()> again = [&] {
    if (++called < 3) timer.after({}, again);
  };
  timer.after({}, again);
  io.run();
  EXPECT_EQ(called, 3);
}

}  // namespace
}  // namespace flowmeter
