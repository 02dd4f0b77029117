#include "source/waiter.h"

#include <fmt/format.h>
#include <poll.h>
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

bool Waiter::is_ready(int fd, bool for_writing) {
  pollfd one{fd, static_cast<short>(for_writing ? POLLOUT : POLLIN), 0};
  return poll(&one, 1, 0) != 0;  // an error, or a hang-up, is for the handler to see
}

}  // namespace flowmeter
