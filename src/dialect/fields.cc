#include "dialect/fields.h"

#include <algorithm>
#include <stdexcept>

namespace flowmeter {

FieldId FieldSet::add(std::string_view name) {
  const FieldId known = find(name);
  if (known != no_field) return known;
  if (names_.size() >= no_field) throw std::length_error("too many fields");
  names_.emplace_back(name);
  return static_cast<FieldId>(names_.size() - 1);
}

FieldId FieldSet::find(std::string_view name) const noexcept {
  const auto found = std::find(names_.begin(), names_.end(), name);
  return found == names_.end() ? no_field : static_cast<FieldId>(found - names_.begin());
}

}  // namespace flowmeter
