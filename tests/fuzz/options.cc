// The command line, and the plan that is made of it: words are lines of the input.

#include <exception>
#include <string>
#include <vector>

#include "base/error.h"
#include "cli/options.h"
#include "fuzz.h"
#include "schema/meter.h"

namespace {

using namespace flowmeter;

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words{"flowmeter"};
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view word = text.substr(0, end);
    words.emplace_back(word.substr(0, word.find('\0')));  // as in any process's arguments
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return words;
}

void try_words(const std::vector<std::string>& words) {
  std::vector<const char*> argv;
  for (const std::string& word : words) argv.push_back(word.c_str());
  std::string help;
  const Options options = parse_options(static_cast<int>(argv.size()), argv.data(), help);
  if (!help.empty()) return;
  const MeterPlan plan = make_plan(options.meter);
  fuzz::require(!plan.header.empty(), "a plan has columns");
  fuzz::require(plan.fields.size() != 0, "a plan has fields");
}

}  // namespace

FUZZ_TARGET(options) {
  try {
    try_words(words_of(fuzz::text_of(data, size)));
  } catch (const UsageError& error) {
    fuzz::require(*error.what() != '\0', "a refusal says why");
  }
  return 0;
}
