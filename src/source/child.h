#pragma once

#include <memory>
#include <optional>
#include <string>

#include "source/tshark_command.h"

namespace flowmeter {

/// A descriptor that is closed with the object.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) noexcept : fd_(fd) {}
  ~Descriptor() { reset(); }
  Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) reset(other.release());
    return *this;
  }

  [[nodiscard]] int get() const noexcept { return fd_; }
  [[nodiscard]] int release() noexcept {
    const int fd = fd_;
    fd_ = -1;
    return fd;
  }
  void reset(int fd = -1) noexcept;

 private:
  int fd_ = -1;
};

/// Both ends of a pipe; children do not inherit them.
struct Pipe {
  Descriptor read, write;
};

/// A pipe that holds so many bytes if the system allows it (0: as many as it likes).
/// Throws std::system_error.
[[nodiscard]] Pipe make_pipe(int bytes = 0);

/// How a child ended.
struct ChildExit {
  int status = 0;  ///< exit status, if signal is 0
  int signal = 0;  ///< the signal that ended it, or 0
};

/// A running child process with pipes for its output. It dies with us (Linux), and with this object.
class Child {
 public:
  /// What the child reads.
  enum class Input {
    none,   ///< /dev/null
    given,  ///< a descriptor that is handed to it
    pipe,   ///< a pipe of ours, see in()
  };

  /// Starts `command`, whose program is a path. `input_fd` only for Input::given. Its output goes to
  /// `output_fd`, which stays open here, or to a pipe of ours, see out().
  /// Throws std::system_error if it cannot be started.
  Child(const Command& command, Input input, int input_fd = -1, int output_fd = -1);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// Our ends of its pipes; in() and err() do not block.
  [[nodiscard]] Descriptor& in() noexcept { return in_; }
  [[nodiscard]] Descriptor& out() noexcept { return out_; }
  [[nodiscard]] Descriptor& err() noexcept { return err_; }

  /// Reads what the child has written to its standard error by now, without waiting, and keeps the
  /// beginning and the end of it all, see errors(). False: no more will come.
  bool take_errors();

  /// What take_errors() kept: the first 2 KiB and the last 4 KiB.
  [[nodiscard]] const std::string& errors() const noexcept { return errors_; }

  [[nodiscard]] int pid() const noexcept;

  /// Sends a signal if it still runs.
  void signal(int number) noexcept;

  /// How it ended, or nothing while it runs. Never waits.
  [[nodiscard]] std::optional<ChildExit> poll();

  /// How it ended, when it has closed its output and so is about to end: waits for a moment, then
  /// ends it.
  [[nodiscard]] ChildExit wait_for_end();

 private:
  struct Process;

  Descriptor in_, out_, err_;
  std::string errors_;
  std::unique_ptr<Process> process_;
  std::optional<ChildExit> exit_;
};

}  // namespace flowmeter
