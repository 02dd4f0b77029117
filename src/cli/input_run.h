#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/error.h"
#include "base/report.h"
#include "cli/account.h"
#include "cli/inputs.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/tshark_setup.h"
#include "observer/progress.h"
#include "source/event_loop.h"

namespace flowmeter {

/// How the run over one input ended.
struct InputResult {
  ExitStatus status = ExitStatus::ok;
  std::string message;                      ///< what went wrong, if something did; without the program's name
  bool output_failed = false;               ///< nobody takes the output: no sense in going on
  bool not_a_capture = false;               ///< tshark does not know what it is
  std::shared_ptr<InputAccount> account{};  ///< if the options ask for one
};

/// The metering of one input, from its bytes to its rows: opens it, sees what it is, runs tshark on it
/// if it is a capture, parses, publishes to the meter and to the progress line, and tells how it
/// ended. What was read before damage is written.
class InputRun {
 public:
  virtual ~InputRun() = default;

  /// How far it is.
  [[nodiscard]] virtual Reached reached() const = 0;

  /// The same in a line without the program's name, with what the machinery is at.
  [[nodiscard]] virtual std::string counters() const = 0;

  /// Begins; everything else happens in `io`, and ends with a call of `done`, in which the run may be
  /// destroyed. `jobs`: tsharks that it may use at once.
  /// All that is handed over by reference outlives the run.
  [[nodiscard]] static std::unique_ptr<InputRun> start(EventLoop& io, const Options& options,
                                                       const MeterPlan& plan, TsharkSetup& setup,
                                                       const Input& input, unsigned jobs, Output& output,
                                                       Reporter& reporter,
                                                       std::function<void(const InputResult&)> done);
};

/// From this size on, in bytes, several tsharks pay for one capture.
inline constexpr std::uintmax_t worth_sharing = std::uintmax_t{8} << 20;

/// The name of an input in messages.
[[nodiscard]] std::string input_name(const Input& input);

}  // namespace flowmeter
