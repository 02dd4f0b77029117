#pragma once

#include <stdexcept>
#include <string>

namespace flowmeter {

/// Exit statuses of the program; README and man page list them.
enum class ExitStatus : int {
  ok = 0,             ///< all of the input was read, all rows were written; also when the reader left
  damaged = 1,        ///< input damaged or cut short, or output failed; what was read is written
  nothing_done = 2,   ///< bad usage, no such file, not a capture, tshark missing
  interrupted = 130,  ///< SIGINT; open flows were written first
  terminated = 143,   ///< SIGTERM; likewise
};

/// Nothing can be done with what was asked for. what() is one line without a trailing period.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The output could not be written (disk full, closed descriptor). Rows may be lost from here on.
class OutputError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The reader of the output went away (EPIPE): a normal end for a filter.
class ReaderGone : public std::runtime_error {
 public:
  ReaderGone() : std::runtime_error("the reader of the output went away") {}
};

/// The input is damaged at the place that what() names, or is not what it seemed to be.
/// `nothing_done` tells a refusal (no row was written) from damage after good records;
/// `not_a_capture`, that it is in no format that tshark knows.
class InputError : public std::runtime_error {
 public:
  explicit InputError(const std::string& what, bool nothing_done = false, bool not_a_capture = false)
      : std::runtime_error(what), nothing_done_(nothing_done), not_a_capture_(not_a_capture) {}

  [[nodiscard]] bool nothing_done() const noexcept { return nothing_done_; }
  [[nodiscard]] bool not_a_capture() const noexcept { return not_a_capture_; }

 private:
  bool nothing_done_;
  bool not_a_capture_;
};

}  // namespace flowmeter
