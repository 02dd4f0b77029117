#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "source/dialect_source.h"

namespace flowmeter::fuzz {

using MakeSource = std::function<std::unique_ptr<DialectSource>(const FieldSet& fields)>;

/// Meters `text`, with every column there is and as PyFlowMeter would, in one piece and in small ones,
/// and requires that rows, error, and what is lacking are the same.
void meter_text(const MakeSource& make_source, std::string_view text);

}  // namespace flowmeter::fuzz
