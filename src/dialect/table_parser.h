#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dialect/column_spelling.h"
#include "dialect/parser.h"

namespace flowmeter {

/// Reads tab-separated lines: `-T fields -E header=y` (the first line names the columns, and any later line
/// of names does so anew) or the custom columns of `-T tabs` (the names are known from the command line).
/// Several values of a field are joined with commas there; a field's own commas cannot be told from that.
/// Values come out as EK spells them. Statistics behind the lines of a header (-z) are no frames, see
/// before().
class TableParser final : public RecordParser {
 public:
  /// `columns`: tshark field names in order, for custom columns; empty if the first line will say.
  explicit TableParser(const FieldSet& fields, const std::vector<std::string>& columns = {});

  /// Throws InputError for a line with another number of columns and, as a refusal, for values in quotes;
  /// CutValue for a custom column that tshark may have cut (it does so silently). Of frame.protocols all
  /// whole layers are kept, as they may be all that is needed; Record::is_cut() tells.
  bool parse(std::span<char> text, Record& record) override;

  /// True once the columns are known.
  [[nodiscard]] bool has_header() const noexcept { return has_header_; }

 private:
  struct Column {
    FieldId field;
    ColumnSpelling spelling;
  };

  bool is_header(std::string_view line) const;
  void take_header(std::string_view line);
  std::string read_row(std::string_view line, Record& record) const;
  void add_column(std::string_view name);
  [[nodiscard]] std::string_view whole_part(std::string_view cell, FieldId field, Record& record) const;
  static void add_values(const Column& column, std::string_view cell, Record& record);

  const FieldSet& fields_;
  const FieldId layers_;  // frame.protocols
  std::vector<Column> columns_;
  bool has_header_ = false;
  const bool custom_;         // the text does not name the columns
  std::string header_;        // the line that did
  bool after_blank_ = false;  // the line before was blank
  std::vector<bool> named_;   // by the header: a run's fields by FieldId
};

}  // namespace flowmeter
