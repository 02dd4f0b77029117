#include "source/child.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <vector>

#include "base/capture_rights.h"
#include "source/process_library.h"

namespace flowmeter {

namespace {

constexpr int pipe_bytes = 256 << 10;

/// What a terminal or a service manager sends to all processes of a job does not reach a shielded child.
void shield() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, number);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
}

/// The program and its arguments as execve() takes them; valid as long as the command. Nobody writes into
/// them.
std::vector<char*> argument_vector(const Command& command) {
  std::vector<char*> words = {const_cast<char*>(command.program.c_str())};
  for (const std::string& argument : command.arguments) words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  return words;
}

}  // namespace

struct Child::Process {
  bp::child child;
};

Child::Child(const Command& command, Input input, int input_fd, int output_fd) {
  Pipe out, err = make_pipe(), in;
  if (output_fd < 0) {
    out = make_pipe();
    output_fd = out.write.get();
  }
  Descriptor null;
  if (input == Input::pipe) {
    in = make_pipe();
    input_fd = in.read.get();
  } else if (input == Input::none) {
    null.reset(open("/dev/null", O_RDONLY | O_CLOEXEC));
    input_fd = null.get();
  }
  bp::environment environment = boost::this_process::environment();
  // Not by operator[]: Boost 1.74's reads behind the end of a variable while it looks for another.
  for (const auto& [name, value] : command.environment) environment.set(name, value);
  environment.erase("NOTIFY_SOCKET");  // it is we who speak with the service manager
  // Not by bp::args: Boost 1.74's takes the first character of an empty argument.
  const std::vector<char*> words = argument_vector(command);
  const auto name_program = [&command, &words](auto& executor) {
    executor.exe = command.program.c_str();
    executor.cmd_line = words.data();
  };
  const pid_t parent = getpid();
  const auto prepare = [parent, shielded = command.shielded, captures = command.captures](auto& executor) {
    if (shielded) shield();
    if (!captures) hand_down_no_rights();
    // What we ignore should end a child as usual.
    ::signal(SIGPIPE, SIG_DFL);
    ::signal(SIGXFSZ, SIG_DFL);
    // It must not outlive us, however we end.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) executor.set_error(std::error_code(ESRCH, std::generic_category()), "parent");
  };
  std::error_code error;
  process_ = std::make_unique<Process>();
  process_->child = bp::child(
      bp::extend::on_setup(name_program), environment, bp::posix::fd.bind(STDIN_FILENO, input_fd),
      bp::posix::fd.bind(STDOUT_FILENO, output_fd), bp::posix::fd.bind(STDERR_FILENO, err.write.get()),
      bp::extend::on_exec_setup(prepare), error);
  if (error) throw std::system_error(error, command.program);
  in_ = std::move(in.write);
  out_ = std::move(out.read);
  err_ = std::move(err.read);
  fcntl(err_.get(), F_SETFL, O_NONBLOCK);
#ifdef F_SETPIPE_SZ
  // Less to and fro between the two processes. If it may not be, the pipe stays what it is.
  for (const int pipe : {in_.get(), out_.get()}) {
    if (pipe >= 0) fcntl(pipe, F_SETPIPE_SZ, pipe_bytes);
  }
#endif
  if (in_.get() >= 0) fcntl(in_.get(), F_SETFL, O_NONBLOCK);
}

Child::~Child() {
  if (poll()) return;
  signal(SIGKILL);
  std::error_code ignored;
  process_->child.wait(ignored);
}

bool Child::take_errors() {
  constexpr std::size_t head = 2048, tail = 4096;
  char text[1024];
  while (true) {
    const ssize_t count = ::read(err_.get(), text, sizeof text);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return count < 0 && errno == EAGAIN;
    errors_.append(text, static_cast<std::size_t>(count));
    if (errors_.size() > head + tail) errors_.erase(head, errors_.size() - head - tail);
  }
}

int Child::pid() const noexcept { return process_->child.id(); }

void Child::signal(int number) noexcept {
  if (!exit_) kill(pid(), number);
}

std::optional<ChildExit> Child::poll() {
  if (exit_) return exit_;
  std::error_code error;
  if (process_->child.running(error)) return std::nullopt;
  const int native = process_->child.native_exit_code();
  exit_ = WIFSIGNALED(native) ? ChildExit{0, WTERMSIG(native)} : ChildExit{WEXITSTATUS(native), 0};
  return exit_;
}

ChildExit Child::wait_for_end() {
  constexpr int patience_ms = 2000;
  for (int waited = 0;; ++waited) {
    if (const auto how = poll()) return *how;
    if (waited == patience_ms) signal(SIGKILL);
    usleep(1000);
  }
}

}  // namespace flowmeter
