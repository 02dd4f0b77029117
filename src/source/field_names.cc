#include "source/field_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/suggest.h"

namespace flowmeter {
namespace {

/// Calls `take` with each line, without its end.
template <class Take>
void for_each_line(std::string_view text, Take take) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    take(line);
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
}

/// The third cell of a line, which has the name that -e takes.
std::string_view third_cell(std::string_view line) {
  for (int i = 0; i < 2; ++i) {
    const std::size_t tab = line.find('\t');
    if (tab == std::string_view::npos) return {};
    line.remove_prefix(tab + 1);
  }
  return line.substr(0, line.find('\t'));
}

/// How often each letter, digit and other character occurs.
using Letters = std::array<int, 64>;

Letters letters_of(std::string_view text) {
  Letters letters{};
  for (const char c : text) ++letters[static_cast<unsigned char>(c) % letters.size()];
  return letters;
}

/// Edits that it takes at the least to make one of the other: quickly told.
std::size_t least_edits(const Letters& a, const Letters& b) {
  int missing = 0, surplus = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    missing += std::max(a[i] - b[i], 0);
    surplus += std::max(b[i] - a[i], 0);
  }
  return static_cast<std::size_t>(std::max(missing, surplus));
}

}  // namespace

std::string read_field_table(std::string_view table) {
  std::vector<std::string_view> names;
  for_each_line(table, [&](std::string_view line) {
    if (!line.starts_with("F\t") && !line.starts_with("P\t")) return;
    if (const std::string_view name = third_cell(line); !name.empty()) names.push_back(name);
  });
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  std::string text = "\n";
  for (const std::string_view name : names) text.append(name).append("\n");
  return text;
}

bool FieldNames::contains(std::string_view name) const {
  return text_.find(fmt::format("\n{}\n", name)) != std::string::npos;
}

std::string FieldNames::hint(std::string_view name) const {
  const std::size_t most = edits_forgiven(name);
  const Letters letters = letters_of(name);
  std::vector<std::string> near;
  for_each_line(text_, [&](std::string_view known) {
    const std::size_t difference = std::max(known.size(), name.size()) - std::min(known.size(), name.size());
    if (difference > most || least_edits(letters, letters_of(known)) > most) return;
    near.emplace_back(known);
  });
  return did_you_mean(name, near);
}

}  // namespace flowmeter
