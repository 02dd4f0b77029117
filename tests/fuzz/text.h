#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "source/dialect_source.h"

namespace flowmeter::fuzz {

using MakeSource = std::function<std::unique_ptr<DialectSource>(const FieldSet& fields)>;

/// Meters `text`, with the columns of one schema or another, in one piece and in small ones, going
/// on behind damage and not, and requires that rows, errors, and what is lacking are the same.
void meter_text(const MakeSource& make_source, std::string_view text);

}  // namespace flowmeter::fuzz
