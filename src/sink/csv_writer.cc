#include "sink/csv_writer.h"

#include <charconv>
#include <cmath>

namespace flowmeter {

void append_real(std::string& out, double value) {
  if (value == 0) {  // -0 too
    out += '0';
    return;
  }
  char text[32];
  const double magnitude = std::fabs(value);
  const bool plain = magnitude >= 1e-4 && magnitude < 1e16;
  const auto format = plain ? std::chars_format::fixed : std::chars_format::scientific;
  const auto result = std::to_chars(text, text + sizeof text, value, format);
  out.append(text, result.ptr);
}

CsvWriter::CsvWriter(ByteSink& sink, char delimiter, bool with_header, bool safe_cells)
    : sink_(sink), delimiter_(delimiter), with_header_(with_header), safe_cells_(safe_cells) {}

void CsvWriter::separate() {
  if (row_begun_) row_ += delimiter_;
  row_begun_ = true;
}

void CsvWriter::header(const std::vector<std::string>& names) {
  if (!with_header_) return;
  for (const std::string& name : names) text(name);
  end_row();
}

void CsvWriter::integer(std::int64_t value) {
  separate();
  char text[24];
  row_.append(text, std::to_chars(text, text + sizeof text, value).ptr);
}

void CsvWriter::natural(std::uint64_t value) {
  separate();
  char text[24];
  row_.append(text, std::to_chars(text, text + sizeof text, value).ptr);
}

void CsvWriter::real(double value) {
  separate();
  append_real(row_, value);
}

void CsvWriter::text(std::string_view value) {
  separate();
  constexpr std::string_view formula = "=+-@\t\r";
  const bool risky = safe_cells_ && !value.empty() && formula.find(value[0]) != std::string_view::npos;
  const char special[] = {delimiter_, '"', '\r', '\n'};
  if (value.find_first_of(std::string_view(special, sizeof special)) == std::string_view::npos) {
    if (risky) row_ += '\'';
    row_ += value;
    return;
  }
  row_ += '"';
  if (risky) row_ += '\'';
  for (const char c : value) {
    if (c == '"') row_ += '"';
    row_ += c;
  }
  row_ += '"';
}

void CsvWriter::end_row() {
  row_ += '\n';
  sink_.write(row_);
  row_.clear();
  row_begun_ = false;
}

}  // namespace flowmeter
