#include "base/descriptor.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "base/error.h"

namespace flowmeter {

void Descriptor::reset(int fd) noexcept {
  if (fd_ >= 0) close(fd_);
  fd_ = fd;
}

Pipe make_pipe(int bytes) {
  int ends[2];
  // Our ends must not leak into other children, who would keep the pipe open.
  if (pipe2(ends, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
#ifdef F_SETPIPE_SZ
  if (bytes != 0) fcntl(ends[0], F_SETPIPE_SZ, bytes);
#endif
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

std::size_t read_some(int fd, std::span<char> room) {
  while (true) {
    const ssize_t count = ::read(fd, room.data(), room.size());
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR) throw InputError(fmt::format("cannot be read: {}", std::strerror(errno)));
  }
}

}  // namespace flowmeter
