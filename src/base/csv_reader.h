#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace flowmeter {

/// A row of a CSV text.
struct CsvRow {
  std::size_t line = 0;  ///< on which it begins, from 1
  std::vector<std::string> cells;
};

/// Reads a text of comma-separated values by RFC 4180: cells may be quoted, and hold commas, line ends
/// and doubled quotes then. Lines end in LF or CRLF; a byte order mark in front is no part of the text,
/// and empty lines are no rows.
/// Throws InputError, `LINE: reason`, for a quote that is not closed, or in the middle of a cell.
[[nodiscard]] std::vector<CsvRow> read_csv(std::string_view text);

}  // namespace flowmeter
