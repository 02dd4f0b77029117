#pragma once

// Boost 1.74's Asio uses std::exchange without including it.
#include <utility>

#include <gtest/gtest.h>
#include <signal.h>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <exception>
#include <functional>
#include <string>

namespace flowmeter::test {

/// An event loop that a test runs until something has happened, and a guard for its steps. A pipe that nobody
/// reads does not end the test.
class EventLoopTest : public testing::Test {
 protected:
  ~EventLoopTest() override { ::signal(SIGPIPE, before_); }

  /// False, and a failure, if it does not happen.
  template <class Condition>
  bool run_until(Condition condition) {
    constexpr std::chrono::seconds patience{30};
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!condition()) {
      io.restart();
      if (io.run_one_until(deadline) != 0) continue;
      ADD_FAILURE() << "it does not happen";
      return false;
    }
    return true;
  }

  /// Runs all that is due by now.
  void run_ready() {
    io.restart();
    io.poll();
  }

  const std::function<void(const std::function<void()>&)> guard = [this](const std::function<void()>& step) {
    try {
      step();
    } catch (const std::exception& error) {
      failure = error.what();
    }
  };

  boost::asio::io_context io;
  std::string failure;  ///< what a step has thrown

 private:
  void (*const before_)(int) = ::signal(SIGPIPE, SIG_IGN);
};

}  // namespace flowmeter::test
