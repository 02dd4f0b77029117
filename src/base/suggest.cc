#include "base/suggest.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace flowmeter {
namespace {

/// Levenshtein's edit distance.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t substitute = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({row[j] + 1, row[j + 1] + 1, substitute});
    }
  }
  return row.back();
}

}  // namespace

std::optional<std::string> closest(std::string_view word, const std::vector<std::string>& known) {
  std::size_t best = edits_forgiven(word);
  const std::string* found = nullptr;
  for (const std::string& name : known) {
    const std::size_t edits = distance(word, name);
    if (edits <= best && (found == nullptr || edits < best)) {
      best = edits;
      found = &name;
    }
  }
  return found == nullptr ? std::nullopt : std::optional(*found);
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& known) {
  const auto meant = closest(word, known);
  return meant ? fmt::format(", did you mean \"{}\"?", *meant) : std::string{};
}

}  // namespace flowmeter
