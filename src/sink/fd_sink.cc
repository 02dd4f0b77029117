#include "sink/fd_sink.h"

#include <fmt/format.h>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "base/error.h"
#include "base/interrupt.h"

namespace flowmeter {
namespace {

constexpr std::size_t buffer_bytes = std::size_t{64} << 10;
constexpr std::chrono::seconds last_chance{1};

bool is_regular(int fd) {
  struct stat status {};
  return fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

}  // namespace

FdSink::FdSink(int fd, std::string name) : fd_(fd), name_(std::move(name)), may_block_(!is_regular(fd)) {
  buffer_.reserve(2 * buffer_bytes);
}

void FdSink::write(std::string_view bytes) {
  buffer_ += bytes;
  ends_.push_back(buffer_.size());
  if (buffer_.size() >= buffer_bytes) flush();
}

void FdSink::wait_writable() {
  using Clock = std::chrono::steady_clock;
  Clock::time_point deadline = Clock::time_point::max();
  while (true) {
    const bool ending = Interrupt::signal() != 0;
    if (ending && deadline == Clock::time_point::max()) deadline = Clock::now() + last_chance;
    pollfd waits[2] = {{fd_, POLLOUT, 0}, {ending ? -1 : Interrupt::descriptor(), POLLIN, 0}};
    int timeout_ms = -1;
    if (ending) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
      if (left.count() <= 0) throw OutputError(fmt::format("{}: nobody reads it", name_));
      timeout_ms = static_cast<int>(left.count());
    }
    if (poll(waits, 2, timeout_ms) < 0 && errno != EINTR) return;  // write() will say what is wrong
    if (waits[0].revents != 0) return;
  }
}

/// So much of the buffer has been written, and the rest is given up.
void FdSink::account(std::size_t done) {
  const auto torn = std::upper_bound(ends_.begin(), ends_.end(), done);
  whole_writes_ += static_cast<std::uint64_t>(torn - ends_.begin());
  torn_bytes_ = torn == ends_.begin() ? done : done - *(torn - 1);
  ends_.clear();
  buffer_.clear();
}

void FdSink::flush() {
  std::size_t done = 0;
  while (done < buffer_.size()) {
    std::size_t count = buffer_.size() - done;
    if (may_block_) {
      wait_writable();
      // A pipe that is ready takes this much without blocking.
      count = std::min(count, std::size_t{PIPE_BUF});
    }
    const ssize_t written = ::write(fd_, buffer_.data() + done, count);
    if (written >= 0) {
      const auto size = static_cast<std::size_t>(written);
      if (digest_) digest_->add({buffer_.data() + done, size});
      bytes_ += size;
      done += size;
    } else if (errno == EPIPE) {
      account(done);
      throw ReaderGone();
    } else if (errno != EINTR && errno != EAGAIN) {
      const int error = errno;
      account(done);
      throw OutputError(fmt::format("{}: {}", name_, std::strerror(error)));
    }
  }
  account(done);
}

}  // namespace flowmeter
