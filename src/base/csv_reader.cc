#include "base/csv_reader.h"

#include <fmt/format.h>

#include "base/error.h"

namespace flowmeter {
namespace {

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {
    if (text_.starts_with("\xef\xbb\xbf")) text_.remove_prefix(3);
  }

  std::vector<CsvRow> rows() {
    std::vector<CsvRow> rows;
    while (!text_.empty()) {
      if (take_line_end()) continue;
      rows.push_back({line_, {}});
      do {
        rows.back().cells.push_back(text_.starts_with('"') ? take_quoted() : take_plain());
      } while (take(","));
      if (!text_.empty() && !take_line_end()) refuse(line_, "text behind a quoted value");
    }
    return rows;
  }

 private:
  bool take(std::string_view what) {
    if (!text_.starts_with(what)) return false;
    text_.remove_prefix(what.size());
    return true;
  }

  bool take_line_end() {
    if (!take("\n") && !take("\r\n")) return false;
    ++line_;
    return true;
  }

  std::string take_plain() {
    std::string_view cell = text_.substr(0, text_.find_first_of(",\n"));
    text_.remove_prefix(cell.size());
    if (cell.ends_with('\r')) cell.remove_suffix(1);
    if (cell.find('"') != std::string_view::npos) refuse(line_, "a quote inside a value that is not quoted");
    return std::string(cell);
  }

  std::string take_quoted() {
    const std::size_t begin = line_;
    std::string cell;
    text_.remove_prefix(1);
    while (!text_.empty()) {
      const char c = text_.front();
      text_.remove_prefix(1);
      if (c == '"' && !take("\"")) return cell;
      if (c == '\n') ++line_;
      cell += c;
    }
    refuse(begin, "a quote is not closed");
  }

  [[noreturn]] static void refuse(std::size_t line, std::string_view why) {
    throw InputError(fmt::format("{}: {}", line, why));
  }

  std::string_view text_;
  std::size_t line_ = 1;
};

}  // namespace

std::vector<CsvRow> read_csv(std::string_view text) { return Reader(text).rows(); }

}  // namespace flowmeter
