// The rules of --labels: the input is their file.

#include <string>
#include <vector>

#include "base/error.h"
#include "flow/flow.h"
#include "fuzz.h"
#include "schema/label_rules.h"

namespace {

using namespace flowmeter;

Flow flow_between(const char* source, const char* destination) {
  Flow flow;
  flow.source = {parse_address(source).value(), 40000};
  flow.destination = {parse_address(destination).value(), 443};
  flow.first_ns = 1;
  flow.last_ns = 2'000'000'000;
  return flow;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Flow flows[] = {flow_between("192.0.2.1", "192.0.2.2"),
                               flow_between("2001:db8::1", "2001:db8::2")};
  try {
    const std::vector<LabelRule> rules = parse_label_rules(fuzz::text_of(data, size), "rules.csv");
    for (const LabelRule& rule : rules) {
      fuzz::require(rule.line > 1, "rules stand below the header");
      for (const Flow& flow : flows) {
        const bool starts = rule.takes(flow, LabelTime::start);
        fuzz::require(!starts || rule.takes(flow, LabelTime::overlap),
                      "a flow that starts in a window overlaps it");
      }
      for (const Condition& condition : rule.conditions) {
        using enum Condition::Operator;
        const bool compared = condition.compares == equal || condition.compares == unequal;
        fuzz::require(!compared || condition.holds(condition.value) == (condition.compares == equal),
                      "a value equals itself");
      }
    }
  } catch (const UsageError& error) {
    const std::string_view message = error.what();
    fuzz::require(message.find("rules.csv:") != std::string_view::npos, "a refusal names the file");
    fuzz::require(message.find('\n') == std::string_view::npos, "a refusal is one line");
  }
  return 0;
}
