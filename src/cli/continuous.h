#pragma once

#include <string>
#include <vector>

#include "base/report.h"
#include "cli/inputs.h"

namespace flowmeter {

/// Those of the files that are captures, in the order of their first frames (by name, if those are of one
/// time). What is none, or is gone, is left out with a note.
[[nodiscard]] std::vector<std::string> captures_in_order(const std::vector<std::string>& files,
                                                         const std::string& tshark, Reporter& reporter);

/// The captures as one input: in the order of their first frames (by name, if those are of one time;
/// files without frames come first), named after the first of them. Files below a directory that are no
/// captures are left out. A pipe or a text alone is left as it is.
/// `tshark`: the path of one, asked about what only it can read.
/// Throws UsageError for what is no capture, and for tshark's output or standard input beside others.
[[nodiscard]] Input one_after_the_other(const std::vector<Input>& inputs, const std::string& tshark,
                                        Reporter& reporter);

}  // namespace flowmeter
