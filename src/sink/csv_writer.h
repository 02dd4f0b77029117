#pragma once

#include "sink/byte_sink.h"
#include "sink/row_writer.h"

namespace flowmeter {

/// CSV by RFC 4180 with LF line ends: a cell is quoted if it holds the delimiter, a quote, CR or LF.
class CsvWriter final : public RowWriter {
 public:
  /// `sink` outlives the writer. `with_header`: whether header() writes anything. `safe_cells`: text that
  /// spreadsheets would take for a formula (it begins with = + - @, a tab or CR) gets a ' in front.
  CsvWriter(ByteSink& sink, char delimiter, bool with_header, bool safe_cells = false);

  void header(const std::vector<std::string>& names) override;
  void integer(std::int64_t value) override;
  void natural(std::uint64_t value) override;
  void real(double value) override;
  void text(std::string_view value) override;
  void end_row() override;

 private:
  void separate();

  ByteSink& sink_;
  const char delimiter_;
  const bool with_header_;
  const bool safe_cells_;
  std::string row_;
  bool row_begun_ = false;
};

}  // namespace flowmeter
