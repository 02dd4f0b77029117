#include "schema/schemas.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "base/suggest.h"

namespace flowmeter {

const std::vector<std::string>& schema_names() {
  static const std::vector<std::string> names{"flowmeter", "pyflowmeter"};
  return names;
}

std::vector<NamedColumn> schema_columns(std::string_view schema, const ColumnRegistry& registry) {
  if (schema == "flowmeter") return group_columns(registry, "flowmeter");
  throw UsageError(fmt::format("there is no schema \"{}\"{} (there are: {})", schema,
                               did_you_mean(schema, schema_names()),
                               fmt::join(schema_names(), ", ")));
}

}  // namespace flowmeter
