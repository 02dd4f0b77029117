#pragma once

#include "base/report.h"
#include "cli/options.h"

namespace flowmeter {

/// Prints what --list-columns asks for, a line for each column: those that the options choose, under their
/// names in the header; without a choice all that there are.
/// Throws UsageError as make_plan(), OutputError if they cannot be written.
void list_columns(const Options& options, Reporter& reporter);

}  // namespace flowmeter
