#include "base/requests.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <system_error>

namespace flowmeter {
namespace {

int pipe_ends[2] = {-1, -1};
std::atomic<bool> asked_for_something{false};

extern "C" void note_request(int number) {
  const int saved = errno;
  const char which = number == SIGHUP ? 'h' : 'u';
  [[maybe_unused]] const auto written = write(pipe_ends[1], &which, 1);
  asked_for_something = true;
  errno = saved;
}

}  // namespace

Requests::Requests(bool reopens) : reopens_(reopens) {
  if (pipe2(pipe_ends, O_CLOEXEC | O_NONBLOCK) != 0) {
    throw std::system_error(errno, std::generic_category(), "pipe");
  }
  struct sigaction action {};
  action.sa_handler = note_request;
  action.sa_flags = SA_RESTART;
  sigaction(SIGUSR1, &action, nullptr);
  if (reopens_) sigaction(SIGHUP, &action, nullptr);
}

Requests::~Requests() {
  ::signal(SIGUSR1, SIG_DFL);
  if (reopens_) ::signal(SIGHUP, SIG_DFL);
  for (int& end : pipe_ends) {
    close(end);
    end = -1;
  }
}

Requests::Asked Requests::take() noexcept {
  Asked asked;
  char which = 0;
  asked_for_something = false;
  while (read(pipe_ends[0], &which, 1) == 1) {
    asked.reopen |= which == 'h';
    asked.counters |= which == 'u';
  }
  return asked;
}

bool Requests::any() noexcept { return asked_for_something.load(std::memory_order_relaxed); }

int Requests::descriptor() const noexcept { return pipe_ends[0]; }

}  // namespace flowmeter
