#include "flow/state_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"

namespace flowmeter {
namespace {

/// -x of the words' x, in two's complement.
void negate(std::span<std::uint64_t> words) {
  bool carry = true;
  for (std::uint64_t& word : words) {
    word = ~word + (carry ? 1 : 0);
    carry = carry && word == 0;
  }
}

}  // namespace

void StateWriter::put_words(std::span<const std::uint64_t> words, bool negative) {
  const std::uint64_t fill = negative ? ~std::uint64_t{0} : 0;
  const bool short_one = (words[0] >> 63 != 0) == negative &&
                         std::all_of(words.begin() + 1, words.end(), [&](auto word) { return word == fill; });
  if (short_one) {
    put(static_cast<std::int64_t>(words[0]));
    return;
  }
  std::vector<std::uint64_t> magnitude(words.begin(), words.end());
  if (negative) negate(magnitude);
  while (magnitude.size() > 1 && magnitude.back() == 0) magnitude.pop_back();
  fmt::format_to(std::back_inserter(out_), ",\"{}0x{:x}", negative ? "-" : "", magnitude.back());
  for (std::size_t i = magnitude.size() - 1; i-- > 0;) {
    fmt::format_to(std::back_inserter(out_), "{:016x}", magnitude[i]);
  }
  out_ += '"';
}

void StateWriter::put(const std::string& text) {
  out_ += ",\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte >= 0x7f) {
      fmt::format_to(std::back_inserter(out_), "\\u{:04x}", byte);
    } else {
      if (c == '"' || c == '\\') out_ += '\\';
      out_ += c;
    }
  }
  out_ += '"';
}

std::string_view StateReader::next() {
  if (next_ == elements_.size()) throw InputError("ends before its last element");
  return elements_[next_++];
}

void StateReader::finish() const {
  if (next_ != elements_.size()) throw InputError("continues after its last element");
}

void StateReader::refuse(std::string_view element) {
  throw InputError(fmt::format("has the element \"{:.40}\" at a place where it is not possible", element));
}

void StateReader::get_words(std::span<std::uint64_t> words) {
  const std::string_view element = next();
  std::string_view digits = element;
  const bool negative = digits.starts_with('-');
  const bool wide = digits.substr(negative ? 1 : 0).starts_with("0x");
  std::fill(words.begin(), words.end(), 0);
  if (!wide) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc{} || end != digits.data() + digits.size()) refuse(element);
    if (number < 0) std::fill(words.begin(), words.end(), ~std::uint64_t{0});
    words[0] = static_cast<std::uint64_t>(number);
    return;
  }
  digits.remove_prefix(negative ? 3 : 2);
  if (digits.empty() || digits.size() > 16 * words.size()) refuse(element);
  for (std::uint64_t& word : words) {
    if (digits.empty()) break;
    const std::string_view part = digits.substr(digits.size() - std::min<std::size_t>(digits.size(), 16));
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), word, 16);
    if (error != std::errc{} || end != part.data() + part.size()) refuse(element);
    digits.remove_suffix(part.size());
  }
  if (negative) negate(words);
}

void StateReader::get(std::string& text) {
  const std::string_view element = next();
  text.clear();
  for (std::size_t i = 0; i < element.size(); ++i) {
    const auto byte = static_cast<unsigned char>(element[i]);
    // U+0080 to U+00FF are two bytes of UTF-8.
    const bool two = (byte & 0xfcU) == 0xc0 && i + 1 < element.size();
    if (two) {
      text += static_cast<char>((byte & 3U) << 6U | (static_cast<unsigned char>(element[++i]) & 0x3fU));
    } else {
      text += element[i];
    }
  }
}

}  // namespace flowmeter
