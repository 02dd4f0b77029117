#include "sink/file_sink.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/error.h"

namespace flowmeter {

namespace fs = std::filesystem;

void FileSink::fail(int error) const {
  throw OutputError(fmt::format("{}: {}", path_.string(), std::strerror(error)));
}

FileSink::FileSink(fs::path path) : path_(std::move(path)) {
  std::error_code error;
  const fs::file_status status = fs::status(path_, error);
  if (fs::exists(status) && !fs::is_regular_file(status)) {
    fd_ = open(path_.c_str(), O_WRONLY | O_CLOEXEC);
    if (fd_ < 0) fail(errno);
  } else {
    temporary_ = path_.parent_path() / fmt::format(".{}.XXXXXX", path_.filename().string());
    fd_ = mkostemp(temporary_.data(), O_CLOEXEC);
    if (fd_ < 0) {
      const int reason = errno;
      temporary_.clear();
      fail(reason);
    }
    // mkstemp's files are private; a result has the rights that any new file has, or the old one's.
    const mode_t mask = umask(0);
    umask(mask);
    const auto mode = fs::exists(status) ? static_cast<mode_t>(status.permissions()) & 0777U : 0666U & ~mask;
    [[maybe_unused]] const int ignored = fchmod(fd_, mode);
  }
  sink_ = std::make_unique<FdSink>(fd_, path_.string());
}

FileSink::~FileSink() {
  if (fd_ >= 0) close(fd_);
  if (!temporary_.empty()) unlink(temporary_.c_str());
}

void FileSink::finish() {
  sink_->flush();
  const int fd = std::exchange(fd_, -1);
  if (close(fd) != 0) fail(errno);
  if (temporary_.empty()) return;
  if (rename(temporary_.c_str(), path_.c_str()) != 0) fail(errno);
  temporary_.clear();
}

}  // namespace flowmeter
