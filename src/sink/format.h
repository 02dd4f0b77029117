#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sink/byte_sink.h"
#include "sink/row_writer.h"

namespace flowmeter {

/// In which form rows are written.
enum class OutputFormat {
  csv,    ///< RFC 4180, see CsvWriter
  tsv,    ///< the same with tabs between
  jsonl,  ///< one JSON object a line, see JsonWriter
  part,   ///< lines of a part, written as text, see part/part_log.h
};
/// They are the ends of file names, too.
constexpr auto words_of(OutputFormat) noexcept {
  return std::array<std::string_view, 4>{"csv", "tsv", "jsonl", "part"};
}

/// The form with its details.
struct RowFormat {
  OutputFormat format = OutputFormat::csv;
  char delimiter = ',';     ///< of csv and tsv
  bool header = true;       ///< csv and tsv have a line with the names
  bool safe_cells = false;  ///< no text in csv and tsv that a spreadsheet would take for a formula
};

/// A writer of that form for rows with these columns, which writes no header line. `sink` outlives it.
[[nodiscard]] std::unique_ptr<RowWriter> make_writer(ByteSink& sink, const RowFormat& format,
                                                     const std::vector<std::string>& names);

/// The header line with its line end; empty if the form has none.
[[nodiscard]] std::string header_line(const RowFormat& format, const std::vector<std::string>& names);

}  // namespace flowmeter
