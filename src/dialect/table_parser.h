#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dialect/parser.h"

namespace flowmeter {

/// Reads tab-separated lines: `-T fields -E header=y` (the first line names the columns) or the
/// custom columns of `-T tabs` (the names are known from the command line). Several values of a
/// field are joined with commas there; a field's own commas cannot be told from that.
class TableParser final : public RecordParser {
 public:
  /// `columns`: tshark field names in order; empty if the first line will say.
  /// Fields of `fields` that the header lacks are handed to missing().
  explicit TableParser(const FieldSet& fields, const std::vector<std::string>& columns = {});

  /// Throws InputError for a line with another number of columns.
  bool parse(std::span<char> text, Record& record) override;

  /// True once the columns are known.
  [[nodiscard]] bool has_header() const noexcept { return has_header_; }

  /// The run's fields that are not among the columns.
  [[nodiscard]] std::vector<std::string> missing() const;

 private:
  void take_header(std::string_view line);

  const FieldSet& fields_;
  std::vector<FieldId> columns_;
  bool has_header_ = false;
};

}  // namespace flowmeter
