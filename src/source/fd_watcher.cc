#include "source/fd_watcher.h"

// Boost 1.74's Asio uses std::exchange without including it.
#include <utility>

#include <poll.h>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>

namespace flowmeter {
namespace {

bool is_ready(int fd, bool for_writing) {
  pollfd one{fd, static_cast<short>(for_writing ? POLLOUT : POLLIN), 0};
  return poll(&one, 1, 0) != 0;  // an error, or a hang-up, is for the handler to see
}

}  // namespace

void post(EventLoop& loop, std::function<void()> handler) { boost::asio::post(loop, std::move(handler)); }

struct FdWatcher::Stream : boost::asio::posix::stream_descriptor {
  using basic_stream_descriptor::basic_stream_descriptor;
};

FdWatcher::FdWatcher(EventLoop& loop, int fd) : stream_(std::make_unique<Stream>(loop)), fd_(fd) {
  boost::system::error_code error;
  stream_->assign(fd, error);
  pollable_ = !error;
  assigned_ = pollable_;
}

FdWatcher::~FdWatcher() {
  if (assigned_) stream_->release();
}

void FdWatcher::readable(std::function<void()> handler) { wait(false, std::move(handler)); }

void FdWatcher::writable(std::function<void()> handler) { wait(true, std::move(handler)); }

void FdWatcher::cancel() {
  if (assigned_) stream_->cancel();
}

void FdWatcher::wait(bool for_writing, std::function<void()> handler) {
  if (!pollable_) {
    boost::asio::post(stream_->get_executor(),
                      [there = std::weak_ptr<int>(there_), handler = std::move(handler)] {
                        if (!there.expired()) handler();
                      });
    return;
  }
  const auto what = for_writing ? Stream::wait_write : Stream::wait_read;
  stream_->async_wait(what, [this, for_writing, there = std::weak_ptr<int>(there_),
                             handler = std::move(handler)](boost::system::error_code error) mutable {
    if (there.expired() || error == boost::asio::error::operation_aborted) return;
    // What cannot be waited for (a regular file, /dev/null) is always ready.
    if (error) pollable_ = false;
    if (error || is_ready(fd_, for_writing)) {
      handler();
    } else {
      wait(for_writing, std::move(handler));
    }
  });
}

}  // namespace flowmeter
