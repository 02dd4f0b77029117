#pragma once

#include <string>
#include <string_view>

namespace flowmeter {

/// Text fit for one line of a terminal: control characters as \n, \t or \xNN, those of C1 (which end
/// lines and begin escape sequences on some terminals) as \u00NN.
[[nodiscard]] std::string printable(std::string_view text);

/// The program's messages: one line each on stderr, "flowmeter: ...".
class Reporter {
 public:
  enum class Level { quiet, normal, verbose };

  explicit Reporter(Level level) : level_(level) {}

  /// What went wrong; always printed.
  void error(std::string_view message);

  /// What the user should know though the run goes on; not with --quiet.
  void warning(std::string_view message);

  /// What helps to understand a run; only with --verbose.
  void note(std::string_view message);

  /// What the user has just asked for; always printed.
  void answer(std::string_view message);

  /// Text that erases a line on the screen, put before messages while a progress line is shown.
  void set_eraser(std::string_view eraser) { eraser_ = eraser; }

 private:
  void print(std::string_view message);

  Level level_;
  std::string eraser_;
};

}  // namespace flowmeter
