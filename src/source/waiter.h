#pragma once

// Boost 1.74's Asio uses std::exchange without including it.
#include <utility>

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <memory>
#include <span>

namespace flowmeter {

/// A wait for readiness on a descriptor that somebody else owns and closes, after the Waiter is gone.
/// (Asio's own reads would make the descriptor non-blocking for everybody who shares it, such as the
/// shell's terminal.) A handler that waits, or stands in the loop's queue, is dropped when the Waiter goes.
/// What it is told of holds: Asio gives the memory of a descriptor that was let go of to the next one, and
/// may give an event of the former along with it.
class Waiter {
 public:
  Waiter(boost::asio::io_context& io, int fd) : stream_(io), fd_(fd) {
    boost::system::error_code error;
    stream_.assign(fd, error);
    pollable_ = !error;
    assigned_ = pollable_;
  }
  ~Waiter() {
    if (assigned_) stream_.release();
  }
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  template <class Handler>
  void readable(Handler handler) {
    wait(boost::asio::posix::stream_descriptor::wait_read, std::move(handler));
  }
  template <class Handler>
  void writable(Handler handler) {
    wait(boost::asio::posix::stream_descriptor::wait_write, std::move(handler));
  }
  void cancel() {
    if (assigned_) stream_.cancel();
  }
  [[nodiscard]] int fd() const { return fd_; }

 private:
  template <class Handler>
  void wait(boost::asio::posix::stream_descriptor::wait_type what, Handler handler) {
    if (!pollable_) {
      boost::asio::post(stream_.get_executor(),
                        [there = std::weak_ptr<int>(there_), handler = std::move(handler)]() mutable {
                          if (!there.expired()) handler();
                        });
      return;
    }
    stream_.async_wait(what, [this, what, there = std::weak_ptr<int>(there_),
                              handler = std::move(handler)](boost::system::error_code error) mutable {
      if (there.expired() || error == boost::asio::error::operation_aborted) return;
      // What cannot be waited for (a regular file, /dev/null) is always ready.
      if (error) pollable_ = false;
      if (error || is_ready(fd_, what == boost::asio::posix::stream_descriptor::wait_write)) {
        handler();
      } else {
        wait(what, std::move(handler));
      }
    });
  }

  static bool is_ready(int fd, bool for_writing);

  boost::asio::posix::stream_descriptor stream_;
  int fd_;
  bool assigned_ = false;
  bool pollable_ = false;
  std::shared_ptr<int> there_ = std::make_shared<int>();  // goes with us
};

/// read(2), again after EINTR. 0 at the end. Throws InputError.
[[nodiscard]] std::size_t read_some(int fd, std::span<char> room);

}  // namespace flowmeter
