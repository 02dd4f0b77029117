#pragma once

#include <memory>
#include <string>

#include "base/error.h"
#include "base/report.h"
#include "cli/options.h"
#include "cli/output.h"

namespace flowmeter {

/// How the run over one input ended.
struct RunResult {
  ExitStatus status = ExitStatus::ok;
  std::string message;      ///< what went wrong, if something did; without the program's name
  bool reader_gone = false; ///< nobody reads the output: no sense in going on
  bool not_a_capture = false;  ///< tshark does not know what it is
};

/// Meters one input, from its bytes to its rows: opens it, sees what it is, runs tshark on it if it is
/// a capture, parses, publishes to the meter and to the progress line, and tells how it ended. Blocks
/// until then. `input` is a file name or "-". What was read before damage is written.
[[nodiscard]] RunResult run_input(const Options& options, const MeterPlan& plan,
                                  const std::string& input, Output& output, Reporter& reporter);

/// The name of an input in messages.
[[nodiscard]] std::string input_name(const std::string& input);

}  // namespace flowmeter
