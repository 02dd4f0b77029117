#pragma once

#include <cstddef>
#include <vector>

#include "base/report.h"
#include "cli/inputs.h"
#include "cli/options.h"

namespace flowmeter {

/// What a run reads.
struct BatchInputs {
  std::vector<Input> inputs;
  std::size_t passed_over = 0;  ///< files below directories that are no captures
};

/// The inputs that the options name: interfaces, a growing file, a watched directory, or files, with
/// --continuous as one. Tells the reporter of files that are passed over. Throws UsageError if there is no
/// input, or for one that --continuous cannot have.
[[nodiscard]] BatchInputs inputs_of(const Options& options, Reporter& reporter);

}  // namespace flowmeter
