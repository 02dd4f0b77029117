#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/descriptor.h"
#include "source/tshark_command.h"

namespace flowmeter {

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
