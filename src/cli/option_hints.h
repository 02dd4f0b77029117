#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>

namespace flowmeter {

// What users of tshark, and of other meters, are used to give.

/// The message for a word that is no option of `app`: the option that was meant, or what there is in place of
/// tshark's option of that name, if the app runs tshark at all.
[[nodiscard]] std::string explain_unknown(const CLI::App& app, std::string_view word);

/// Throws UsageError for an argument for tshark that cannot have an effect, or would break its output.
void refuse_for_tshark(std::string_view argument);

/// Throws UsageError if the name of the output is a preference, as tshark's -o takes it, and no file of that
/// name is there.
void refuse_preference_as_output(const std::string& output);

}  // namespace flowmeter
