#include "base/report.h"

#include <fmt/format.h>

#include <cstdio>

namespace flowmeter {

std::string printable(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const auto byte = static_cast<unsigned char>(c);
    const auto next = static_cast<unsigned char>(i + 1 < text.size() ? text[i + 1] : '\0');
    if (byte == 0xc2 && next >= 0x80 && next < 0xa0) {
      out += fmt::format("\\u{:04x}", next);
      ++i;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  return out;
}

void Reporter::print(std::string_view message) {
  const std::string line = fmt::format("{}flowmeter: {}\n", eraser_, printable(message));
  std::fwrite(line.data(), 1, line.size(), stderr);
}

void Reporter::error(std::string_view message) { print(message); }

void Reporter::warning(std::string_view message) {
  if (level_ != Level::quiet) print(message);
}

void Reporter::answer(std::string_view message) { print(message); }

void Reporter::note(std::string_view message) {
  if (level_ == Level::verbose) print(message);
}

}  // namespace flowmeter
