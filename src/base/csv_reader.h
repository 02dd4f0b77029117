#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace flowmeter {

/// A place in a text; both count from 1, and columns count characters of UTF-8.
struct TextPlace {
  std::size_t line = 1, column = 1;

  /// Moves past these bytes.
  void pass(std::string_view bytes) noexcept;
};

/// A value of a CSV text.
struct CsvCell {
  std::string text;  ///< without the quotes around it
  TextPlace at;      ///< of its first byte
  bool quoted = false;

  /// Where the byte at that offset of `text` stands in the CSV text.
  [[nodiscard]] TextPlace place_of(std::size_t offset) const noexcept;
};

/// A row of a CSV text.
struct CsvRow {
  std::size_t line = 0;  ///< on which it begins, from 1
  std::vector<CsvCell> cells;
};

/// Reads a text of comma-separated values by RFC 4180: cells may be quoted, and hold commas, line ends
/// and doubled quotes then. Lines end in LF or CRLF; a byte order mark in front is no part of the text,
/// and empty lines are no rows.
/// Throws InputError, `LINE: reason`, for a quote that is not closed, or in the middle of a cell.
[[nodiscard]] std::vector<CsvRow> read_csv(std::string_view text);

}  // namespace flowmeter
