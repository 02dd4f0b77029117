#include "source/waiter.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace flowmeter {

std::size_t read_some(int fd, std::span<char> room) {
  while (true) {
    const ssize_t count = ::read(fd, room.data(), room.size());
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR) throw InputError(fmt::format("cannot be read: {}", std::strerror(errno)));
  }
}

}  // namespace flowmeter
