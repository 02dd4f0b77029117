#pragma once

#include "packet/stream_rules.h"
#include "part/part_format.h"
#include "schema/meter.h"

namespace flowmeter {

/// What of the options decides which states there are and how packets become flows.
[[nodiscard]] PartSettings settings_of(const MeterOptions& options);

/// Sets that of the options. Throws InputError for settings that settings_of() does not give.
void read_settings(const PartSettings& settings, MeterOptions& options);

/// Of which version the tshark was.
inline constexpr const char* tshark_setting = "tshark";

/// The rules by which that tshark numbers streams; the usual ones if they are not known.
[[nodiscard]] StreamRules rules_of(const PartSettings& settings);

/// The first setting in which the two differ, in words ("timeout tcp is 60, not 600"); empty if there is
/// none.
[[nodiscard]] std::string difference(const PartSettings& settings, const PartSettings& others);

}  // namespace flowmeter
