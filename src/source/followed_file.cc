#include "source/followed_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "base/error.h"

namespace flowmeter {
namespace {

constexpr std::size_t piece_bytes = std::size_t{128} << 10;
constexpr std::chrono::milliseconds pace{100};

Descriptor open_file(const std::string& path) {
  Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (file.get() < 0 || fstat(file.get(), &status) != 0) throw InputError(std::strerror(errno), true);
  if (!S_ISREG(status.st_mode))
    throw InputError("is not a regular file; --follow reads files that grow", true);
  return file;
}

std::int64_t size_of(int fd) {
  struct stat status {};
  return fstat(fd, &status) == 0 ? std::int64_t{status.st_size} : 0;
}

}  // namespace

FollowedFile::FollowedFile(EventLoop& io, const std::string& path)
    : pipe_(make_pipe()), file_(open_file(path)), out_(io, [this] { pump(); }), again_(io) {
  fcntl(pipe_.write.get(), F_SETFL, O_NONBLOCK);
  out_.open(std::move(pipe_.write));
  pump();
}

void FollowedFile::end() {
  if (end_) return;
  end_ = size_of(file_.get());
  if (again_.waits()) again_.after({}, [this] { pump(); });
}

/// Adds a piece to what is to be written. False: there is no more by now.
bool FollowedFile::read_more() {
  std::size_t room = piece_bytes;
  if (end_) room = static_cast<std::size_t>(std::clamp<std::int64_t>(*end_ - position_, 0, piece_bytes));
  piece_.resize(room);
  const ssize_t count = room == 0 ? 0 : ::pread(file_.get(), piece_.data(), room, position_);
  piece_.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  if (count < 0 && errno != EINTR) failure_ = fmt::format("cannot be read: {}", std::strerror(errno));
  if (count == 0 && size_of(file_.get()) < position_) failure_ = "was made shorter while it was read";
  position_ += std::max<ssize_t>(count, 0);
  out_.add_all_of(piece_);
  return count > 0;
}

void FollowedFile::pump() {
  while (out_.is_open() && !out_.is_blocked()) {
    if (read_more()) {
      out_.write();
      continue;
    }
    if (end_ || !failure_.empty()) {
      out_.close();
    } else {
      again_.after(pace, [this] { pump(); });
    }
    return;
  }
}

}  // namespace flowmeter
