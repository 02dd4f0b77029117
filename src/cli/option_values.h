#pragma once

#include <string>
#include <string_view>

#include "schema/meter.h"

namespace flowmeter {

/// A time as options take it: seconds, not negative. Throws UsageError, naming the option.
[[nodiscard]] Seconds parse_seconds(const char* option, std::string_view text);

/// The value of --timeout: SECONDS for all protocols, PROTOCOL=SECONDS for one, or several of these
/// with commas between, each at most once; the ones for a protocol rule. Throws UsageError.
void parse_idle_timeouts(std::string_view text, MeterOptions& options);

/// One character, or \\t for a tab. Throws UsageError.
[[nodiscard]] char parse_delimiter(std::string_view text);

}  // namespace flowmeter
