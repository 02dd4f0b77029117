#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "schema/selection.h"

namespace flowmeter {

/// Names of all schemas, PyFlowMeter's too, which has no columns of the registry.
[[nodiscard]] const std::vector<std::string>& schema_names();

/// The columns of a schema, in order, under the names that it gives them.
/// Throws UsageError for a name that is none of schema_names(), or is PyFlowMeter's.
[[nodiscard]] std::vector<NamedColumn> schema_columns(std::string_view schema,
                                                      const ColumnRegistry& registry);

}  // namespace flowmeter
