#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>

namespace flowmeter {

// An enumeration whose values have words, for options, parts and --meta, has a function `words_of` beside it,
// found by its argument, which returns an array of them in the order of the values.

/// The word for the value.
template <class Value>
[[nodiscard]] constexpr std::string_view word_for(Value value) {
  return words_of(value)[static_cast<std::size_t>(value)];
}

/// The value that the word is for, if it is one.
template <class Value>
[[nodiscard]] constexpr std::optional<Value> value_for(std::string_view word) {
  const auto words = words_of(Value{});
  const auto found = std::find(words.begin(), words.end(), word);
  if (found == words.end()) return std::nullopt;
  return static_cast<Value>(found - words.begin());
}

}  // namespace flowmeter
