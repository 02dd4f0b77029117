// The specifications of --field.

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "fuzz.h"
#include "schema/field_spec.h"

FUZZ_TARGET(specs) {
  using namespace flowmeter;
  try {
    const FieldSpec spec = parse_field_spec(fuzz::text_of(data, size));
    fuzz::require(!spec.field.empty(), "a specification names a field");
    const std::vector<std::string> names = column_names(spec);
    fuzz::require(names.size() == spec.aggregates.size() && !names.empty(), "each aggregate has a column");
    fuzz::require(std::set<std::string>(names.begin(), names.end()).size() == names.size(), "names differ");
    for (const std::string& aggregate : spec.aggregates) {
      const int percentage = percentage_of(aggregate);
      fuzz::require(percentage >= -1 && percentage <= 100, "a quantile is a share");
    }
  } catch (const UsageError& error) {
    fuzz::require(*error.what() != '\0', "a refusal says why");
  }
  return 0;
}
