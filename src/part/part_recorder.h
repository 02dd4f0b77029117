#pragma once

#include <optional>

#include "part/part_log.h"
#include "schema/meter.h"

namespace flowmeter {

/// A plan whose meters write parts: of the flows of a capture that is a segment of a longer one, all that
/// joins them to those of its other segments, instead of rows. See `flowmeter merge` and doc/parts.md.
///
/// `options.features.parts` is set. `how`: what else tells how frames were read, as settings. Throws
/// UsageError for what the options ask for and parts cannot have.
[[nodiscard]] MeterPlan make_part_plan(const MeterOptions& options, const PartSettings& how,
                                       std::optional<PartSegments> segments);

}  // namespace flowmeter
