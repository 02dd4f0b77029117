#include "schema/selection.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/suggest.h"

namespace flowmeter {
namespace {

/// The choice as it grows, word by word.
class Selection {
 public:
  Selection(const ColumnRegistry& registry, bool drop_ids) : registry_(registry), drop_ids_(drop_ids) {}

  std::vector<NamedColumn> columns;

  void begin_with(const std::vector<NamedColumn>& standard) {
    for (const NamedColumn& named : standard) add_unnamed(named);
  }

  void add(std::string_view word) {
    if (const Column* column = registry_.find(word)) {
      if (chosen(*column) != columns.end()) {
        throw UsageError(fmt::format("column \"{}\" is named twice", word));
      }
      columns.push_back({column->name, column});
      return;
    }
    const auto group = group_columns(registry_, word);
    if (group.empty()) refuse(word);
    for (const NamedColumn& member : group) add_unnamed(member);
  }

  /// Columns that an option of their own has made, unless they have their place already.
  void add_made() {
    const auto is_splt = [](const NamedColumn& named) { return named.column->group == "splt"; };
    // Of a sequence of packets one may want some of the columns only; each --field was asked for by itself.
    const bool some_splt = std::any_of(columns.begin(), columns.end(), is_splt);
    for (const NamedColumn& named : made_columns(registry_)) {
      if (some_splt && is_splt(named)) continue;
      add_unnamed(named);
    }
  }

  void drop(std::string_view word) {
    // A name in the header goes before a group of that name: NFStream's "id".
    const bool dropped = std::erase_if(columns,
                                       [&](const NamedColumn& named) {
                                         return named.name == word || named.column->name == word;
                                       }) != 0 ||
                         std::erase_if(columns, [&](const NamedColumn& named) {
                           return belongs_to(*named.column, word);
                         }) != 0;
    if (dropped) return;
    const Column* const column = registry_.find(word);
    if (column == nullptr && registry_.group(word).empty()) refuse(word);
    if (drop_ids_ && (column == nullptr || column->identifies)) return;  // it was dropped before
    throw UsageError(fmt::format("column \"{}\" cannot be dropped: it is not among the chosen ones", word));
  }

 private:
  /// A column that is there for the schema's sake, or a group's.
  void add_unnamed(const NamedColumn& named) {
    if (drop_ids_ && named.column->identifies) return;
    if (chosen(*named.column) == columns.end()) columns.push_back(named);
  }

  /// The schemas of other tools have identities of their own, in their groups. (Ports are features, too.)
  static bool belongs_to(const Column& column, std::string_view group) {
    const bool of_another_tool = column.group == "cic" || column.group == "nfstream";
    return column.group == group || (group == "id" && of_another_tool && column.identifies);
  }

  std::vector<NamedColumn>::const_iterator chosen(const Column& column) const {
    return std::find_if(columns.begin(), columns.end(),
                        [&](const NamedColumn& named) { return named.column == &column; });
  }

  [[noreturn]] void refuse(std::string_view word) const {
    if ((word == "splt" || word.starts_with("splt_")) && registry_.group("splt").empty()) {
      throw UsageError(fmt::format("column \"{}\" needs --splt N, the number of packets", word));
    }
    std::vector<std::string> names = registry_.groups();
    for (const Column& column : registry_.columns()) names.push_back(column.name);
    throw UsageError(
        fmt::format("there is no column \"{}\"{} (see --list-columns)", word, did_you_mean(word, names)));
  }

  const ColumnRegistry& registry_;
  const bool drop_ids_;
};

}  // namespace

std::vector<NamedColumn> group_columns(const ColumnRegistry& registry, std::string_view group) {
  std::vector<NamedColumn> members;
  for (const Column* column : registry.group(group)) members.push_back({column->name, column});
  return members;
}

std::vector<NamedColumn> made_columns(const ColumnRegistry& registry) {
  std::vector<NamedColumn> made;
  for (const char* group : {"splt", "field", "label"}) {
    for (const NamedColumn& named : group_columns(registry, group)) made.push_back(named);
  }
  return made;
}

std::vector<NamedColumn> select_columns(std::string_view list, const ColumnRegistry& registry,
                                        const std::vector<NamedColumn>& standard, bool drop_ids) {
  Selection selection(registry, drop_ids);
  const bool from_scratch = !list.starts_with('+') && !list.starts_with('-');
  bool first = true, more = true;
  while (more) {
    const std::size_t comma = list.find(',');
    more = comma != std::string_view::npos;
    std::string_view word = list.substr(0, comma);
    list.remove_prefix(more ? comma + 1 : list.size());
    const char sign = word.empty() ? '\0' : word.front();
    const bool relative = sign == '+' || sign == '-';
    if (relative) word.remove_prefix(1);
    if (first && relative) selection.begin_with(standard);
    first = false;
    if (sign == '-') {
      selection.drop(word);
    } else {
      selection.add(word);
    }
  }
  if (from_scratch) selection.add_made();
  if (selection.columns.empty()) throw UsageError("no columns are left to write");
  return std::move(selection.columns);
}

}  // namespace flowmeter
