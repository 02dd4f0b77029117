#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "schema/column.h"
#include "schema/groups.h"

namespace flowmeter {

ColumnRegistry::ColumnRegistry(const FeatureSettings& settings) {
  add("flowmeter", flowmeter_columns(settings));
  add("id", id_columns(settings));
  add("tcp", tcp_columns(settings));
  add("splt", splt_columns(settings));
  add("extra", extra_columns(settings));
  add("payload", payload_columns(settings));
  add("l7", l7_columns(settings));
  add("cic", cic_columns(settings));
  add("nfstream", nfstream_columns(settings));
  add("field", field_columns(settings));
  add("label", label_columns(settings));
}

void ColumnRegistry::add(const char* name, Group group) {
  if (group.empty()) return;
  groups_.emplace_back(name);
  for (Column& column : group) {
    if (find(column.name) != nullptr) {
      throw UsageError(fmt::format(
          "the column name \"{}\" is taken: choose another one with --field ...=NAME", column.name));
    }
    column.group = name;
    columns_.push_back(std::move(column));
  }
}

const Column* ColumnRegistry::find(std::string_view name) const noexcept {
  const auto found = std::find_if(columns_.begin(), columns_.end(),
                                  [&](const Column& column) { return column.name == name; });
  return found == columns_.end() ? nullptr : &*found;
}

std::vector<const Column*> ColumnRegistry::group(std::string_view name) const {
  std::vector<const Column*> members;
  for (const Column& column : columns_) {
    if (column.group == name) members.push_back(&column);
  }
  return members;
}

}  // namespace flowmeter
