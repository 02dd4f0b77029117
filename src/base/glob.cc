#include "base/glob.h"

namespace flowmeter {
namespace {

/// The length of the character at the beginning of a text that is not empty; of bytes that are no UTF-8,
/// some.
std::size_t character_size(std::string_view text) noexcept {
  std::size_t size = 1;
  while (size < text.size() && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) ++size;
  return size;
}

}  // namespace

bool matches_glob(std::string_view pattern, std::string_view text) noexcept {
  // What is left after the last star that was passed, and the text that it was first tried on. To let the
  // last star take more is enough: the stars before it need never take more than they have.
  std::string_view retry_pattern, retry_text;
  bool starred = false;
  while (true) {
    if (!pattern.empty() && pattern.front() == '*') {
      pattern.remove_prefix(1);
      retry_pattern = pattern;
      retry_text = text;
      starred = true;
    } else if (!pattern.empty() && !text.empty() && pattern.front() == '?') {
      pattern.remove_prefix(1);
      text.remove_prefix(character_size(text));
    } else if (!pattern.empty() && !text.empty() && pattern.front() == text.front()) {
      pattern.remove_prefix(1);
      text.remove_prefix(1);
    } else if (pattern.empty() && text.empty()) {
      return true;
    } else {
      if (!starred || retry_text.empty()) return false;
      retry_text.remove_prefix(character_size(retry_text));
      pattern = retry_pattern;
      text = retry_text;
    }
  }
}

}  // namespace flowmeter
