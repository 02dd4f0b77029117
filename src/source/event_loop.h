#pragma once

#include <functional>

// Asio is heavy to compile: who only hands the loop on does not need to know it.
namespace boost::asio {
class io_context;
}

namespace flowmeter {

/// What waits for descriptors and times, and calls handlers; see FdWatcher and Timer.
using EventLoop = boost::asio::io_context;

/// Calls `handler` in the loop's next turn.
void post(EventLoop& loop, std::function<void()> handler);

}  // namespace flowmeter
