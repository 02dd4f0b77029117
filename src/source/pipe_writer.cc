#include "source/pipe_writer.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace flowmeter {
namespace {

constexpr std::size_t trim_bytes = std::size_t{128} << 10;  // written, and worth moving the rest for
constexpr std::size_t kept_bytes = std::size_t{512} << 10;  // of a buffer that is empty

}  // namespace

PipeWriter::PipeWriter(EventLoop& io, std::function<void()> progressed)
    : io_(io), progressed_(std::move(progressed)) {}

PipeWriter::~PipeWriter() = default;

void PipeWriter::open(Descriptor pipe) {
  pipe_ = std::move(pipe);
  watcher_ = std::make_unique<FdWatcher>(io_, pipe_.get());
}

void PipeWriter::add(std::string_view bytes) {
  if (!closed_) buffer_ += bytes;
}

void PipeWriter::add_all_of(std::string& bytes) {
  if (buffer_.empty() && !closed_) {
    buffer_.swap(bytes);
  } else {
    add(bytes);
  }
  bytes.clear();
}

void PipeWriter::write() {
  if (blocked_ || !is_open()) return;
  while (waiting() != 0) {
    const ssize_t count = ::write(pipe_.get(), buffer_.data() + written_, waiting());
    if (count >= 0) {
      written_ += static_cast<std::size_t>(count);
    } else if (errno == EAGAIN) {
      trim();
      blocked_ = true;
      watcher_->writable([this] {
        blocked_ = false;
        write();
        progressed_();
      });
      return;
    } else if (errno != EINTR) {
      close();  // the reader has gone
      return;
    }
  }
  discard();
  if (finished_) close();
}

void PipeWriter::finish() {
  finished_ = true;
  if (is_open() && waiting() == 0) close();
}

void PipeWriter::discard() noexcept {
  buffer_.clear();
  written_ = 0;
  if (buffer_.capacity() > kept_bytes) std::string().swap(buffer_);  // much is waiting once in a while only
}

void PipeWriter::close() noexcept {
  discard();
  watcher_.reset();
  pipe_.reset();
  blocked_ = false;
  closed_ = true;
}

bool PipeWriter::has_unread() const noexcept {
  int unread = 0;
  return is_open() && ioctl(pipe_.get(), FIONREAD, &unread) == 0 && unread != 0;
}

/// Lets go of what is written, unless more would have to be moved than that.
void PipeWriter::trim() {
  if (written_ < std::max(trim_bytes, buffer_.size() / 2)) return;
  buffer_.erase(0, written_);
  written_ = 0;
}

}  // namespace flowmeter
