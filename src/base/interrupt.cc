#include "base/interrupt.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <system_error>

namespace flowmeter {
namespace {

std::atomic<int> caught{0};
int pipe_ends[2] = {-1, -1};

extern "C" void note_signal(int number) {
  const int saved = errno;
  int none = 0;
  if (caught.compare_exchange_strong(none, number)) {
    [[maybe_unused]] const auto written = write(pipe_ends[1], "", 1);
  }
  errno = saved;
}

}  // namespace

Interrupt::Interrupt() {
  if (pipe2(pipe_ends, O_CLOEXEC | O_NONBLOCK) != 0) {
    throw std::system_error(errno, std::generic_category(), "pipe");
  }
  struct sigaction action {};
  action.sa_handler = note_signal;
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);
}

Interrupt::~Interrupt() {
  ::signal(SIGINT, SIG_DFL);
  ::signal(SIGTERM, SIG_DFL);
  for (int& end : pipe_ends) {
    close(end);
    end = -1;
  }
}

int Interrupt::signal() noexcept { return caught.load(); }
int Interrupt::descriptor() noexcept { return pipe_ends[0]; }

}  // namespace flowmeter
