#pragma once

#include "base/error.h"

namespace flowmeter {

/// The whole program: reads the command line, runs, and tells how it went.
[[nodiscard]] ExitStatus run_application(int argc, const char* const* argv);

}  // namespace flowmeter
