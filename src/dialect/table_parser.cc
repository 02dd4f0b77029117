#include "dialect/table_parser.h"

#include <fmt/format.h>

#include <cstring>

#include "base/error.h"

namespace flowmeter {

namespace {

/// tshark's COL_MAX_LEN, less the terminating NUL.
constexpr std::size_t column_bytes = 2047;

}  // namespace

TableParser::TableParser(const FieldSet& fields, const std::vector<std::string>& columns)
    : fields_(fields), has_header_(!columns.empty()) {
  for (const std::string& name : columns) add_column(name);
  if (has_header_) most_bytes_ = column_bytes;
}

void TableParser::add_column(std::string_view name) {
  columns_.push_back({fields_.find(name), ColumnSpelling::of(name)});
}

void TableParser::take_header(std::string_view line) {
  while (true) {
    const std::size_t tab = line.find('\t');
    add_column(line.substr(0, tab));
    if (tab == std::string_view::npos) break;
    line.remove_prefix(tab + 1);
  }
  has_header_ = true;
}

void TableParser::add_values(const Column& column, std::string_view cell, Record& record) {
  const auto add = [&](std::string_view value) { record.add(column.field, column.spelling.as_ek(value)); };
  for (std::size_t comma = cell.find(','); comma != std::string_view::npos; comma = cell.find(',')) {
    add(cell.substr(0, comma));
    cell.remove_prefix(comma + 1);
  }
  add(cell);
}

bool TableParser::parse(std::span<char> text, Record& record) {
  if (!has_header_) {
    take_header({text.data(), text.size()});
    return false;
  }
  record.clear();
  const char* at = text.data();
  const char* const end = at + text.size();
  for (std::size_t column = 0;; ++column) {
    const auto* tab = static_cast<const char*>(std::memchr(at, '\t', static_cast<std::size_t>(end - at)));
    const char* const cell_end = tab == nullptr ? end : tab;
    if (column == columns_.size()) {
      throw InputError(fmt::format("more than the {} columns of the header", columns_.size()));
    }
    const FieldId field = columns_[column].field;
    std::string_view cell(at, static_cast<std::size_t>(cell_end - at));
    // tshark's own columns (%t, %L) are padded.
    while (cell.starts_with(' ')) cell.remove_prefix(1);
    while (cell.ends_with(' ')) cell.remove_suffix(1);
    if (field != no_field && !cell.empty()) {
      if (cell.size() >= most_bytes_) {
        throw InputError(
            fmt::format("{} has more values than tshark's columns hold; --decoder ek has "
                        "no such limit",
                        fields_.names()[field]));
      }
      add_values(columns_[column], cell, record);
    }
    if (tab == nullptr) {
      if (column + 1 != columns_.size()) {
        throw InputError(fmt::format("{} columns instead of the header's {}", column + 1, columns_.size()));
      }
      break;
    }
    at = tab + 1;
  }
  record.seal(false);
  return true;
}

}  // namespace flowmeter
