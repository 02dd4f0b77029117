// The rules of --labels, and the conditions in them: the input is their file.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "flow/flow.h"
#include "fuzz.h"
#include "schema/condition.h"
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

const ColumnKinds columns = {{"duration", ValueKind::number}, {"dst_port", ValueKind::number},
                             {"protocol", ValueKind::text},   {"http_user_agent", ValueKind::text},
                             {"src_ip", ValueKind::address},  {"input", ValueKind::text},
                             {"ttl", ValueKind::value}};

/// Rows of values, so that each kind has its own, one that is missing, and one that is odd.
const std::map<std::string, std::string> rows[] = {{{"duration", "1.5"},
                                                    {"dst_port", "80"},
                                                    {"protocol", "TCP"},
                                                    {"http_user_agent", "curl/7.88.1"},
                                                    {"src_ip", "192.0.2.1"},
                                                    {"input", "a/b.pcap"},
                                                    {"ttl", "64"}},
                                                   {{"duration", "-"},
                                                    {"dst_port", "0"},
                                                    {"protocol", "UDP"},
                                                    {"http_user_agent", "-"},
                                                    {"src_ip", "2001:db8::1"},
                                                    {"input", "-"},
                                                    {"ttl", "1|2"}},
                                                   {{"duration", "1e300"},
                                                    {"dst_port", "65535"},
                                                    {"protocol", ""},
                                                    {"http_user_agent", "\xff*?"},
                                                    {"src_ip", "-"},
                                                    {"input", ""},
                                                    {"ttl", "True"}}};

bool holds(const Condition& condition, const std::map<std::string, std::string>& row) {
  return condition.holds(
      [&](std::size_t i) -> std::string_view { return row.at(condition.columns().at(i)); });
}

/// A condition made of valid ones is valid, too, unless it has too many levels.
std::optional<Condition> made_of_valid(const std::string& text) {
  try {
    return Condition(text, columns);
  } catch (const ConditionRefusal& refusal) {
    fuzz::require(refusal.why.find("levels") != std::string::npos, "valid conditions can be joined");
    return std::nullopt;
  }
}

void check_filter(const CsvCell& cell) {
  try {
    const Condition condition(cell.text, columns);
    const auto inverse = made_of_valid("!(" + cell.text + ")");
    const auto with_itself = made_of_valid("(" + cell.text + ") && (" + cell.text + ")");
    for (const auto& row : rows) {
      const bool met = holds(condition, row);
      fuzz::require(!inverse || holds(*inverse, row) != met, "a condition or its inverse holds");
      fuzz::require(!with_itself || holds(*with_itself, row) == met, "a condition means the same twice");
    }
  } catch (const ConditionRefusal& refusal) {
    fuzz::require(refusal.place <= cell.text.size(), "a refusal is about a place in the text");
    fuzz::require(refusal.why.find('\n') == std::string::npos, "a refusal is one line");
    const TextPlace place = cell.place_of(refusal.place);
    fuzz::require(place.line >= cell.at.line, "a filter's places are in the filter");
  }
}

}  // namespace

FUZZ_TARGET(labels) {
  static const Flow flows[] = {flow_between("192.0.2.1", "192.0.2.2"),
                               flow_between("2001:db8::1", "2001:db8::2")};
  static const TimeZone zone("+02:00");
  try {
    const std::vector<LabelRule> rules = parse_label_rules(fuzz::text_of(data, size), "rules.csv", zone);
    for (const LabelRule& rule : rules) {
      fuzz::require(rule.line > 1, "rules stand below the header");
      for (const Flow& flow : flows) {
        const bool starts = rule.takes(flow, "a/b.pcap", LabelTime::start);
        fuzz::require(!starts || rule.takes(flow, "a/b.pcap", LabelTime::overlap),
                      "a flow that starts in a window overlaps it");
      }
      check_filter(rule.filter);
    }
  } catch (const UsageError& error) {
    const std::string_view message = error.what();
    fuzz::require(message.find("rules.csv:") != std::string_view::npos, "a refusal names the file");
    fuzz::require(message.find('\n') == std::string_view::npos, "a refusal is one line");
  }
  return 0;
}
