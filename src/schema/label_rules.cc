#include "schema/label_rules.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

#include "base/error.h"
#include "base/glob.h"
#include "base/report.h"
#include "base/suggest.h"

namespace flowmeter {
namespace {

/// What is wrong with a value; the place is added where it is known.
struct Refusal {
  std::string why;
  std::optional<TextPlace> place{};
};

/// A value of a rule.
struct RuleValue {
  const CsvCell& cell;
  std::string_view text;  ///< the cell's, without blanks around it
  const TimeZone& zone;   ///< of times that do not tell theirs
};

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// The words of a list, between bars or blanks.
std::vector<std::string_view> words_of(std::string_view list) {
  std::vector<std::string_view> words;
  while (true) {
    const std::size_t begin = list.find_first_not_of("| \t");
    if (begin == std::string_view::npos) return words;
    list.remove_prefix(begin);
    const std::string_view word = list.substr(0, list.find_first_of("| \t"));
    words.push_back(word);
    list.remove_prefix(word.size());
  }
}

template <class Number>
std::optional<Number> whole(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::int64_t> parse_moment(const RuleValue& value) {
  if (value.text.empty()) return std::nullopt;
  try {
    return parse_local_time(value.text, value.zone);
  } catch (const NoTime& error) {
    throw Refusal{error.what()};
  }
}

AddressBlock parse_block(std::string_view word) {
  if (const auto block = parse_address_block(word)) return *block;
  throw Refusal{fmt::format("\"{}\" is neither an address nor a block such as 10.0.0.0/8", printable(word))};
}

/// The patterns of a list, between bars; names may have blanks in them.
std::vector<std::string> parse_patterns(std::string_view list) {
  std::vector<std::string> patterns;
  for (bool more = true; more;) {
    const std::size_t bar = list.find('|');
    more = bar != std::string_view::npos;
    const std::string_view pattern = trimmed(list.substr(0, bar));
    if (!pattern.empty()) patterns.emplace_back(pattern);
    if (more) list.remove_prefix(bar + 1);
  }
  return patterns;
}

PortRange parse_ports(std::string_view word) {
  const std::size_t dash = word.find('-');
  const auto first = whole<std::uint16_t>(word.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : whole<std::uint16_t>(word.substr(dash + 1));
  if (!first || !last || *first > *last) {
    throw Refusal{fmt::format("\"{}\" is neither a port nor a range such as 8000-8999", printable(word))};
  }
  return {*first, *last};
}

std::uint8_t parse_protocol(std::string_view word) {
  const auto same = [](unsigned char a, unsigned char b) { return std::toupper(a) == std::toupper(b); };
  for (const Transport transport : all_transports) {
    const std::string_view name = name_of(transport);
    if (std::equal(word.begin(), word.end(), name.begin(), name.end(), same)) {
      return static_cast<std::uint8_t>(transport);
    }
  }
  if (const auto number = whole<std::uint8_t>(word)) return *number;
  throw Refusal{fmt::format("\"{}\" is not a protocol (tcp, udp, sctp, dccp, icmp, icmpv6, or a number)",
                            printable(word))};
}

bool parse_flag(std::string_view text) {
  if (text.empty()) return true;
  for (const char* yes : {"1", "true", "True", "yes"}) {
    if (text == yes) return true;
  }
  for (const char* no : {"0", "false", "False", "no"}) {
    if (text == no) return false;
  }
  throw Refusal{fmt::format("both_ways must be 1 or 0, not \"{}\"", printable(text))};
}

/// Words by one of the functions above.
template <class Value>
std::vector<Value> parse_list(std::string_view list, Value (*parse)(std::string_view)) {
  std::vector<Value> values;
  for (const std::string_view word : words_of(list)) values.push_back(parse(word));
  return values;
}

struct RuleColumn {
  const char* name;
  void (*read)(LabelRule& rule, const RuleValue& value);
};

constexpr std::array rule_columns = {
    RuleColumn{"label",
               [](LabelRule& rule, const RuleValue& value) {
                 if (value.text.empty()) throw Refusal{"the label is empty"};
                 rule.label = value.text;
               }},
    RuleColumn{"start", [](LabelRule& rule, const RuleValue& value) { rule.start_ns = parse_moment(value); }},
    RuleColumn{"end", [](LabelRule& rule, const RuleValue& value) { rule.end_ns = parse_moment(value); }},
    RuleColumn{"src", [](LabelRule& rule,
                         const RuleValue& value) { rule.sources = parse_list(value.text, &parse_block); }},
    RuleColumn{"dst",
               [](LabelRule& rule, const RuleValue& value) {
                 rule.destinations = parse_list(value.text, &parse_block);
               }},
    RuleColumn{"sport",
               [](LabelRule& rule, const RuleValue& value) {
                 rule.source_ports = parse_list(value.text, &parse_ports);
               }},
    RuleColumn{"dport",
               [](LabelRule& rule, const RuleValue& value) {
                 rule.destination_ports = parse_list(value.text, &parse_ports);
               }},
    RuleColumn{"proto",
               [](LabelRule& rule, const RuleValue& value) {
                 rule.protocols = parse_list(value.text, &parse_protocol);
               }},
    RuleColumn{"input",
               [](LabelRule& rule, const RuleValue& value) { rule.inputs = parse_patterns(value.text); }},
    RuleColumn{"both_ways",
               [](LabelRule& rule, const RuleValue& value) { rule.both_ways = parse_flag(value.text); }},
    RuleColumn{"filter", [](LabelRule& rule, const RuleValue& value) { rule.filter = value.cell; }},
};

using Layout = std::vector<const RuleColumn*>;

Layout read_header(const CsvRow& row) {
  std::vector<std::string> names;
  for (const RuleColumn& column : rule_columns) names.emplace_back(column.name);
  Layout layout;
  for (const CsvCell& cell : row.cells) {
    const auto found = std::find(names.begin(), names.end(), trimmed(cell.text));
    if (found == names.end()) {
      throw Refusal{fmt::format("unknown column \"{}\" in the header{} (known: {})", printable(cell.text),
                                did_you_mean(cell.text, names), fmt::join(names, ", ")),
                    cell.at};
    }
    const RuleColumn* column = &rule_columns[static_cast<std::size_t>(found - names.begin())];
    if (std::find(layout.begin(), layout.end(), column) != layout.end()) {
      throw Refusal{fmt::format("the header names {} twice", *found), cell.at};
    }
    layout.push_back(column);
  }
  if (std::find(layout.begin(), layout.end(), rule_columns.data()) == layout.end()) {
    throw Refusal{"the header has no column \"label\""};
  }
  return layout;
}

LabelRule read_rule(const Layout& layout, const CsvRow& row, const TimeZone& zone) {
  if (row.cells.size() != layout.size()) {
    throw Refusal{fmt::format(
        "{} values instead of the header's {}{}", row.cells.size(), layout.size(),
        row.cells.size() > layout.size() ? " (put a value that contains commas in double quotes)" : "")};
  }
  LabelRule rule;
  rule.line = row.line;
  for (std::size_t i = 0; i < layout.size(); ++i) {
    const CsvCell& cell = row.cells[i];
    try {
      layout[i]->read(rule, {cell, trimmed(cell.text), zone});
    } catch (Refusal& refusal) {
      refusal.place = cell.at;
      throw;
    }
  }
  if (rule.start_ns && rule.end_ns && *rule.start_ns > *rule.end_ns)
    throw Refusal{"the rule ends before it starts"};
  return rule;
}

template <class Range, class Takes>
bool empty_or_any(const Range& range, Takes takes) {
  return range.empty() || std::any_of(range.begin(), range.end(), takes);
}

}  // namespace

bool LabelRule::takes_ends(const Endpoint& source, const Endpoint& destination) const noexcept {
  const auto has_address = [](const std::vector<AddressBlock>& blocks, const Endpoint& end) {
    return empty_or_any(blocks, [&](const AddressBlock& block) { return block.contains(end.address); });
  };
  const auto has_port = [](const std::vector<PortRange>& ranges, const Endpoint& end) {
    return empty_or_any(
        ranges, [&](const PortRange& range) { return range.first <= end.port && end.port <= range.last; });
  };
  return has_address(sources, source) && has_address(destinations, destination) &&
         has_port(source_ports, source) && has_port(destination_ports, destination);
}

bool LabelRule::takes(const Flow& flow, std::string_view input, LabelTime time) const noexcept {
  const std::int64_t last_ns = time == LabelTime::start ? flow.first_ns : flow.last_ns;
  if (end_ns && flow.first_ns > *end_ns) return false;
  if (start_ns && last_ns < *start_ns) return false;
  const auto protocol = static_cast<std::uint8_t>(flow.key.transport);
  if (!empty_or_any(protocols, [&](std::uint8_t known) { return known == protocol; })) return false;
  if (!empty_or_any(inputs, [&](const std::string& pattern) { return matches_glob(pattern, input); })) {
    return false;
  }
  return takes_ends(flow.source, flow.destination) ||
         (both_ways && takes_ends(flow.destination, flow.source));
}

std::string label_place(const std::string& file, const TextPlace& place) {
  return fmt::format("--labels {}:{}:{}", file, place.line, place.column);
}

std::vector<LabelRule> parse_label_rules(std::string_view text, const std::string& file,
                                         const TimeZone& zone) {
  std::vector<LabelRule> rules;
  std::size_t line = 1;
  try {
    const std::vector<CsvRow> rows = read_csv(text);
    if (rows.empty()) throw Refusal{"there is no header line"};
    line = rows.front().line;
    const Layout layout = read_header(rows.front());
    for (std::size_t i = 1; i < rows.size(); ++i) {
      line = rows[i].line;
      rules.push_back(read_rule(layout, rows[i], zone));
    }
  } catch (const Refusal& refusal) {
    throw UsageError(
        fmt::format("{}: {}", label_place(file, refusal.place.value_or(TextPlace{line, 1})), refusal.why));
  } catch (const InputError& error) {
    throw UsageError(fmt::format("--labels {}:{}", file, error.what()));
  }
  return rules;
}

}  // namespace flowmeter
