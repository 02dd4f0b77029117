#pragma once

#include "base/error.h"
#include "base/report.h"
#include "cli/options.h"

namespace flowmeter {

/// Meters all inputs of the command line: small ones side by side, one tshark each, large ones one after the
/// other, several tsharks each; their rows in the order of the inputs, under one header or in one file for
/// each. Returns when all is done. Throws UsageError if the inputs or their outputs clash, OutputError if
/// an output cannot be written.
[[nodiscard]] ExitStatus run_batch(const Options& options, const MeterPlan& plan, Reporter& reporter);

}  // namespace flowmeter
