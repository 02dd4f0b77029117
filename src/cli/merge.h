#pragma once

#include "base/error.h"
#include "base/report.h"

namespace flowmeter {

/// The subcommand `merge`: puts parts together, to rows or to another part. `argv[0]` is its name.
/// Throws as run_application() expects it. Sets the reporter's level.
[[nodiscard]] ExitStatus run_merge(int argc, const char* const* argv, Reporter& reporter);

}  // namespace flowmeter
