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
      rows.push_back({at_.line, {}});
      do {
        rows.back().cells.push_back(text_.starts_with('"') ? take_quoted() : take_plain());
      } while (take(","));
      if (!text_.empty() && !take_line_end()) refuse(at_.line, "text after a quoted value");
    }
    return rows;
  }

 private:
  bool take(std::string_view what) {
    if (!text_.starts_with(what)) return false;
    pass(what.size());
    return true;
  }

  bool take_line_end() { return take("\n") || take("\r\n"); }

  void pass(std::size_t bytes) {
    at_.pass(text_.substr(0, bytes));
    text_.remove_prefix(bytes);
  }

  CsvCell take_plain() {
    const TextPlace begin = at_;
    std::string_view cell = text_.substr(0, text_.find_first_of(",\n"));
    pass(cell.size());
    if (cell.ends_with('\r')) cell.remove_suffix(1);
    if (cell.find('"') != std::string_view::npos)
      refuse(begin.line, "a quote inside a value that is not quoted");
    return {std::string(cell), begin, false};
  }

  CsvCell take_quoted() {
    const std::size_t line = at_.line;
    take("\"");
    CsvCell cell{{}, at_, true};
    while (!text_.empty()) {
      const char c = text_.front();
      pass(1);
      if (c == '"' && !take("\"")) return cell;
      cell.text += c;
    }
    refuse(line, "a quote is not closed");
  }

  [[noreturn]] static void refuse(std::size_t line, std::string_view why) {
    throw InputError(fmt::format("{}: {}", line, why));
  }

  std::string_view text_;
  TextPlace at_;
};

}  // namespace

void TextPlace::pass(std::string_view bytes) noexcept {
  for (const char c : bytes) {
    if (c == '\n') {
      ++line;
      column = 1;
    } else if ((static_cast<unsigned char>(c) & 0xc0) != 0x80) {
      ++column;
    }
  }
}

TextPlace CsvCell::place_of(std::size_t offset) const noexcept {
  TextPlace place = at;
  for (const char c : std::string_view(text).substr(0, offset)) {
    place.pass({&c, 1});
    if (quoted && c == '"') place.pass("\"");
  }
  return place;
}

std::vector<CsvRow> read_csv(std::string_view text) { return Reader(text).rows(); }

}  // namespace flowmeter
