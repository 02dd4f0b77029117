#include "base/utf8.h"

namespace flowmeter {
namespace {

/// The beginning of a text: a well-formed character, or the longest part of one.
struct Step {
  std::size_t bytes;
  bool whole;
};

/// What may follow a lead byte: how many bytes, and the range of the first of them (Unicode, Table
/// 3-7: neither overlong forms, nor surrogates, nor what is beyond U+10FFFF).
struct Lead {
  std::size_t followers;
  unsigned least, most;
};

Lead lead_of(unsigned byte) noexcept {
  if (byte < 0x80) return {0, 0, 0};
  if (byte >= 0xC2 && byte <= 0xDF) return {1, 0x80, 0xBF};
  if (byte >= 0xE0 && byte <= 0xEF) return {2, byte == 0xE0 ? 0xA0U : 0x80U, byte == 0xED ? 0x9FU : 0xBFU};
  if (byte >= 0xF0 && byte <= 0xF4) return {3, byte == 0xF0 ? 0x90U : 0x80U, byte == 0xF4 ? 0x8FU : 0xBFU};
  return {4, 1, 0};  // no lead byte: nothing may follow
}

Step step(std::string_view text) noexcept {
  const auto at = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const Lead lead = lead_of(at(0));
  for (std::size_t i = 1; i <= lead.followers; ++i) {
    const unsigned least = i == 1 ? lead.least : 0x80, most = i == 1 ? lead.most : 0xBF;
    if (i == text.size() || at(i) < least || at(i) > most) return {i, false};
  }
  return {lead.followers + 1, true};
}

}  // namespace

bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const Step next = step(text);
    if (!next.whole) return false;
    text.remove_prefix(next.bytes);
  }
  return true;
}

std::string to_utf8(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const Step next = step(text);
    out += next.whole ? text.substr(0, next.bytes) : "\xEF\xBF\xBD";
    text.remove_prefix(next.bytes);
  }
  return out;
}

}  // namespace flowmeter
