#include "schema/schemas.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <stdexcept>

#include "base/error.h"
#include "base/suggest.h"
#include "schema/other_headers.h"

namespace flowmeter {
namespace {

/// The column `label` of runs that label nothing.
const Column& no_label() {
  static const Column column{"label", "-",     "- for lack of labels",
                             {},      nullptr, [](Cell& cell) { cell.out.text("-"); }};
  return column;
}

const Column& column_named(const ColumnRegistry& registry, std::string_view name) {
  if (const Column* column = registry.find(name)) return *column;
  if (name == no_label().name) return no_label();
  throw std::logic_error(fmt::format("a schema names the column {}, which is none", name));
}

std::vector<NamedColumn> under(std::span<const HeaderName> header, const ColumnRegistry& registry) {
  std::vector<NamedColumn> columns;
  for (const auto& [name, column] : header) columns.push_back({name, &column_named(registry, column)});
  return columns;
}

std::vector<NamedColumn> nfstream_schema(const ColumnRegistry& registry) {
  auto columns = under(nfstream_core_header(), registry);
  for (const NamedColumn& own : group_columns(registry, "nfstream")) {
    const bool there = std::any_of(columns.begin(), columns.end(),
                                   [&](const NamedColumn& named) { return named.column == own.column; });
    if (!there) columns.push_back(own);
  }
  return columns;
}

}  // namespace

const std::vector<std::string>& schema_names() {
  static const std::vector<std::string> names{"flowmeter", "cicflowmeter", "nfstream", "pyflowmeter"};
  return names;
}

std::vector<NamedColumn> schema_columns(std::string_view schema, const ColumnRegistry& registry) {
  if (schema == "flowmeter") return group_columns(registry, "flowmeter");
  if (schema == "cicflowmeter") return under(cicflowmeter_header(), registry);
  if (schema == "nfstream") return nfstream_schema(registry);
  throw UsageError(fmt::format("there is no schema \"{}\"{} (there are: {})", schema,
                               did_you_mean(schema, schema_names()), fmt::join(schema_names(), ", ")));
}

}  // namespace flowmeter
