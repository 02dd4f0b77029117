#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "schema/column.h"

namespace flowmeter {

/// A column, and the name that it goes by in the header.
struct NamedColumn {
  std::string name;
  const Column* column = nullptr;

  friend bool operator==(const NamedColumn&, const NamedColumn&) = default;
};

/// All columns of a group, under their own names.
[[nodiscard]] std::vector<NamedColumn> group_columns(const ColumnRegistry& registry, std::string_view group);

/// The columns that an option of their own has made (--splt, --field, --labels), which every choice has.
[[nodiscard]] std::vector<NamedColumn> made_columns(const ColumnRegistry& registry);

/// The columns that `list` asks for. Its words, with commas between, are columns and groups: "a,b"
/// chooses, "+a" adds and "-a" drops, from `standard` if the first word does so. A group stands for
/// those of its columns that are not chosen yet, and drops those that are; the group id drops what other
/// groups have of the kind, too. The result's columns are `registry`'s. Behind them come made_columns() that
/// it does not name, but of the group splt only if it names none. `drop_ids`: of what identifies a flow there
/// is only what the list names column by column. Throws UsageError for an unknown, doubled or missing name.
[[nodiscard]] std::vector<NamedColumn> select_columns(std::string_view list, const ColumnRegistry& registry,
                                                      const std::vector<NamedColumn>& standard,
                                                      bool drop_ids = false);

}  // namespace flowmeter
