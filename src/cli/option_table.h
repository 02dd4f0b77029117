#pragma once

#include <initializer_list>
#include <vector>

#include "cli/option_row.h"

namespace flowmeter {

/// All options of all commands: the parser, the record in --meta, the completions for shells and the check of
/// the manual come from here. Those of a heading stand in the order of --help.
[[nodiscard]] const std::vector<OptionRow>& option_table();

/// Makes the command's options known to the parser, which binds them to `given`. `headings`: of --help, in
/// their order. `given` and the app live equally long.
void add_options(CLI::App& app, Commands command, std::initializer_list<const char*> headings, Given& given);

/// Writes what the options mean, defaults included, as members.
void record_options(JsonDocument& json, const Options& options);

/// The table as a JSON document, for scripts/update-completions.
[[nodiscard]] std::string options_as_json();

}  // namespace flowmeter
