#pragma once

// Boost 1.74's Asio uses std::exchange without including it.
#include <utility>

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <span>

namespace flowmeter {

/// A wait for readiness on a descriptor that somebody else owns and closes, after the Waiter is gone.
/// (Asio's own reads would make the descriptor non-blocking for everybody who shares it, such as the
/// shell's terminal.) A handler that waits is dropped when the Waiter goes.
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
      boost::asio::post(stream_.get_executor(), std::move(handler));
      return;
    }
    stream_.async_wait(
        what, [this, handler = std::move(handler)](boost::system::error_code error) {
          if (error == boost::asio::error::operation_aborted) return;
          // What cannot be waited for (a regular file, /dev/null) is always ready.
          if (error) pollable_ = false;
          handler();
        });
  }

  boost::asio::posix::stream_descriptor stream_;
  int fd_;
  bool assigned_ = false;
  bool pollable_ = false;
};

/// read(2), again after EINTR. 0 at the end. Throws InputError.
[[nodiscard]] std::size_t read_some(int fd, std::span<char> room);

}  // namespace flowmeter
