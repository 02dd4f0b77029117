#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "flow/flow.h"
#include "flow/flow_policy.h"
#include "observer/frame_tally.h"
#include "source/capture_counts.h"

namespace flowmeter {

/// One file of an input.
struct FileAccount {
  std::string name;
  std::optional<std::uint64_t> bytes;  ///< as many as were hashed; of a pipe, as many as came
  std::string sha256;                  ///< hexadecimal; empty: not known
};

/// What was read of an input and what became of it; kept if the options ask for it.
struct InputAccount {
  std::vector<FileAccount> files;
  std::vector<InterfaceCounts> interfaces;  ///< of a live capture
  std::string command;                      ///< of each tshark, as a line for a shell; empty: none was run
  FrameTally frames;
  FlowTally flows{};
  std::uint64_t media_elsewhere = 0;  ///< frames that announced media that not every tshark knows of
  double seconds = 0;                 ///< from the opening of the input to the end of its last flow
};

/// How the metering of an input ended.
struct InputResult {
  ExitStatus status = ExitStatus::ok;
  std::string message;                      ///< what went wrong, if something did; without the program's name
  bool output_failed = false;               ///< nobody takes the output: no sense in going on
  bool not_a_capture = false;               ///< tshark does not know what it is
  std::shared_ptr<InputAccount> account{};  ///< if the options ask for one
};

/// The result for an input of that name if the exception that is being handled leaves no way to write rows.
/// To be called in a catch clause.
[[nodiscard]] InputResult result_of_exception(const std::string& name);

/// Seconds of CPU time that the program has used so far, and the programs that it ran and that have ended.
struct CpuTime {
  double own = 0, others = 0;
};
[[nodiscard]] CpuTime cpu_time();
/// "12.3 s, 86 % of them in tshark"
[[nodiscard]] std::string in_words(const CpuTime& time);

/// What the user should know of how packets became flows, a line each.
[[nodiscard]] std::vector<std::string> remarks_on(const FlowCounters& counters);

/// The account in one line, for people.
[[nodiscard]] std::string summary(const InputAccount& account);

}  // namespace flowmeter
