#include "dialect/table_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstring>

#include "base/error.h"
#include "dialect/record_splitter.h"

namespace flowmeter {

namespace {

/// tshark's COL_MAX_LEN, less the terminating NUL.
constexpr std::size_t column_bytes = 2047;

/// Hands the cells between tabs to `take`, which says whether to go on.
template <class Take>
void for_each_cell(std::string_view line, Take take) {
  while (true) {
    const std::size_t tab = line.find('\t');
    if (!take(line.substr(0, tab)) || tab == std::string_view::npos) return;
    line.remove_prefix(tab + 1);
  }
}

bool may_be_name(std::string_view cell) {
  const auto letter = [](char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; };
  const auto of_name = [&](char c) {
    return letter(c) || std::isdigit(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-';
  };
  return !cell.empty() && letter(cell.front()) && std::all_of(cell.begin(), cell.end(), of_name);
}

/// Whether each cell that is not empty stands in quotes, and there is one.
bool is_quoted(std::string_view line) {
  const std::size_t first = line.find_first_not_of('\t');
  if (first == std::string_view::npos || (line[first] != '"' && line[first] != '\'')) return false;
  const char quote = line[first];
  bool quoted = true;
  for_each_cell(line, [&](std::string_view cell) {
    return quoted = cell.empty() || (cell.size() > 1 && cell.front() == quote && cell.back() == quote);
  });
  return quoted;
}

}  // namespace

TableParser::TableParser(const FieldSet& fields, const std::vector<std::string>& columns)
    : fields_(fields),
      layers_(fields.find("frame.protocols")),
      has_header_(!columns.empty()),
      custom_(has_header_) {
  for (const std::string& name : columns) add_column(name);
}

void TableParser::add_column(std::string_view name) {
  columns_.push_back({fields_.find(name), ColumnSpelling::of(name)});
}

/// Whether the line is of names, one at least of a field that is looked for. No line of values is like that:
/// they would all have to be words, and one of them a field's name.
bool TableParser::is_header(std::string_view line) const {
  if (line == header_) return true;
  if (!may_be_name(line.substr(0, 1))) return false;
  bool names = true, known = false;
  for_each_cell(line, [&](std::string_view cell) {
    names = may_be_name(cell);
    known |= names && fields_.find(cell) != no_field;
    return names;
  });
  return names && known;
}

void TableParser::take_header(std::string_view line) {
  header_ = line;
  columns_.clear();
  for_each_cell(line, [this](std::string_view cell) {
    add_column(cell);
    return true;
  });
  named_.assign(fields_.size(), false);
  for (const Column& column : columns_) {
    if (column.field != no_field) named_[column.field] = true;
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

/// What is whole of a cell that tshark has cut, or may have.
std::string_view TableParser::whole_part(std::string_view cell, FieldId field, Record& record) const {
  if (field != layers_) throw CutValue(fields_.names()[field]);
  record.mark_cut(field);
  return cell.substr(0, cell.rfind(':'));
}

/// Adds the cells of a line of values. Returns what is wrong with the line, if anything is.
std::string TableParser::read_row(std::string_view line, Record& record) const {
  const char* at = line.data();
  const char* const end = at + line.size();
  for (std::size_t column = 0;; ++column) {
    const auto* tab = static_cast<const char*>(std::memchr(at, '\t', static_cast<std::size_t>(end - at)));
    const char* const cell_end = tab == nullptr ? end : tab;
    if (column == columns_.size())
      return fmt::format("more columns than the {} of the header", columns_.size());
    const FieldId field = columns_[column].field;
    std::string_view cell(at, static_cast<std::size_t>(cell_end - at));
    if (field != no_field && !cell.empty()) {
      if (custom_ && cell.size() >= column_bytes) cell = whole_part(cell, field, record);
      add_values(columns_[column], cell, record);
    }
    if (tab == nullptr) {
      if (column + 1 == columns_.size()) return {};
      return fmt::format("{} columns instead of the header's {}", column + 1, columns_.size());
    }
    at = tab + 1;
  }
}

bool TableParser::parse(std::span<char> text, Record& record) {
  std::string_view line(text.data(), text.size());
  if (!custom_) {
    if (line.starts_with(byte_order_mark)) line.remove_prefix(byte_order_mark.size());
    if (!has_header_ || is_header(line)) {
      if (has_header_) meet(Between::beginning);
      take_header(line);
      return false;
    }
    if (line.empty() && columns_.size() > 1) {
      after_blank_ = true;
      return false;
    }
  }
  record.clear();
  if (!custom_) {
    if (is_quoted(line)) throw InputError("has its values in quotes (leave tshark's -E quote out)", true);
    record.set_columns(named_);
  }
  if (const std::string why = read_row(line, record); !why.empty()) {
    // Whatever -z prints begins with a blank line or a rule.
    const bool of_statistics = met() == Between::statistics || after_blank_ || is_rule(line);
    if (custom_ || !of_statistics) throw InputError(why);
    meet(Between::statistics);
    return false;
  }
  after_blank_ = false;
  record.seal(false);
  take_frame();
  return true;
}

}  // namespace flowmeter
