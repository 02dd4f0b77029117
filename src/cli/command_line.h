#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "base/report.h"
#include "cli/given_file.h"
#include "cli/option_row.h"

namespace flowmeter {

// What the commands have in common when they read their command lines.

/// Reads the words into what the app's options are bound to; returns the help text if that was asked for.
/// Throws UsageError for what they do not take.
[[nodiscard]] std::string parse_words(CLI::App& app, int argc, const char* const* argv);

/// Reads what decides how columns print flows. Throws UsageError for values that are none, and files that
/// cannot be read.
GivenFiles read_printed_options(const CLI::App& app, const RawOptions& raw, MeterOptions& meter);

/// Reads the form of the rows. Throws UsageError.
void read_row_format(const CLI::App& app, const RawOptions& raw, RowFormat& rows);

[[nodiscard]] Reporter::Level level_of(const RawOptions& raw);

}  // namespace flowmeter
