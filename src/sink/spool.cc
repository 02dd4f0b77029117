#include "sink/spool.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace flowmeter {
namespace {

constexpr std::size_t most_memory = std::size_t{1} << 20;

[[noreturn]] void fail() { throw OutputError(fmt::format("temporary file: {}", std::strerror(errno))); }

}  // namespace

void Spool::write(std::string_view bytes) {
  if (open_) {
    sink_.write(bytes);
    return;
  }
  memory_ += bytes;
  if (memory_.size() < most_memory) return;
  if (!file_) {
    file_.reset(std::tmpfile());  // without a name, and no other user's to read
    if (file_) fcntl(fileno(file_.get()), F_SETFD, FD_CLOEXEC);  // no tshark's either
  }
  if (!file_ || std::fwrite(memory_.data(), 1, memory_.size(), file_.get()) != memory_.size()) fail();
  memory_.clear();
}

void Spool::open() {
  if (open_) return;
  open_ = true;
  if (file_) {
    if (std::fflush(file_.get()) != 0) fail();
    std::rewind(file_.get());
    std::string chunk(most_memory, '\0');
    for (std::size_t count = 0; (count = std::fread(chunk.data(), 1, chunk.size(), file_.get())) > 0;) {
      sink_.write({chunk.data(), count});
    }
    if (std::ferror(file_.get()) != 0) fail();
    file_.reset();
  }
  if (!memory_.empty()) sink_.write(memory_);  // else there may never be any, and no header either
  memory_.clear();
  memory_.shrink_to_fit();
}

}  // namespace flowmeter
