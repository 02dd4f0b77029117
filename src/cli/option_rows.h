#pragma once

#include <vector>

#include "cli/option_row.h"

namespace flowmeter::option_rows {

// The rows of the option table, by the headings of --help.

using Rows = std::vector<OptionRow>;

[[nodiscard]] Rows input();
[[nodiscard]] Rows live();
[[nodiscard]] Rows flows();
[[nodiscard]] Rows columns();
[[nodiscard]] Rows cells();  ///< of columns: how they are printed
[[nodiscard]] Rows output();
[[nodiscard]] Rows parts();

}  // namespace flowmeter::option_rows
