#include "schema/label_rules.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

#include "base/csv_reader.h"
#include "base/error.h"
#include "base/parse.h"
#include "base/report.h"
#include "base/suggest.h"

namespace flowmeter {
namespace {

/// What is wrong with a value; the place is added where it is known.
struct Refusal {
  std::string why;
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

/// Seconds since the epoch, or ISO 8601 in UTC: with T or a blank, with or without seconds' fraction and Z.
std::optional<std::int64_t> parse_moment(std::string_view text) {
  if (text.empty()) return std::nullopt;
  std::string iso(text);
  if (iso.size() > 10 && iso[4] == '-') {
    if (iso[10] == ' ') iso[10] = 'T';
    if (!iso.ends_with('Z')) iso += 'Z';
  }
  const auto ns = parse_time(iso);
  if (!ns)
    throw Refusal{
        fmt::format("\"{}\" is no time (seconds since 1970, or 2017-07-07T09:20:00Z)", printable(text))};
  return ns;
}

AddressBlock parse_block(std::string_view word) {
  const std::size_t slash = word.find('/');
  const auto address = parse_address(word.substr(0, slash));
  if (!address) throw Refusal{fmt::format("\"{}\" is no address", printable(word))};
  const unsigned all = address->version == 4 ? 32 : 128;
  if (slash == std::string_view::npos) return {*address, all};
  const auto bits = whole<unsigned>(word.substr(slash + 1));
  if (!bits || *bits > all)
    throw Refusal{fmt::format("\"{}\" has no prefix of 0 to {} bits", printable(word), all)};
  return {*address, *bits};
}

PortRange parse_ports(std::string_view word) {
  const std::size_t dash = word.find('-');
  const auto first = whole<std::uint16_t>(word.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : whole<std::uint16_t>(word.substr(dash + 1));
  if (!first || !last || *first > *last) {
    throw Refusal{fmt::format("\"{}\" is no port, and no range of ports", printable(word))};
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
  throw Refusal{fmt::format("\"{}\" is no protocol (tcp, udp, sctp, dccp, icmp, icmpv6, or a number)",
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
  throw Refusal{fmt::format("both_ways is \"{}\", not 1 or 0", printable(text))};
}

using Operator = Condition::Operator;

/// The longer ones first, so that they are found.
constexpr std::array operators = {
    std::pair{std::string_view("!="), Operator::unequal},
    std::pair{std::string_view("<="), Operator::at_most},
    std::pair{std::string_view(">="), Operator::at_least},
    std::pair{std::string_view("=="), Operator::equal},
    std::pair{std::string_view("="), Operator::equal},
    std::pair{std::string_view("<"), Operator::less},
    std::pair{std::string_view(">"), Operator::greater},
};

Condition parse_condition(std::string_view text) {
  const std::size_t at = text.find_first_of("!<>=");
  const std::string_view rest = at == std::string_view::npos ? std::string_view{} : text.substr(at);
  const auto found = std::find_if(operators.begin(), operators.end(),
                                  [&](const auto& known) { return rest.starts_with(known.first); });
  if (found == operators.end()) {
    throw Refusal{fmt::format("\"{}\" is no condition (such as fwd_tot_pkt>=10)", printable(text))};
  }
  Condition condition;
  condition.column = trimmed(text.substr(0, at));
  condition.compares = found->second;
  condition.value = trimmed(rest.substr(found->first.size()));
  condition.number = parse_decimal(condition.value);
  if (condition.column.empty()) throw Refusal{fmt::format("\"{}\" names no column", printable(text))};
  const bool ordered = condition.compares != Operator::equal && condition.compares != Operator::unequal;
  if (ordered && !condition.number) {
    throw Refusal{fmt::format("\"{}\" compares with what is no number", printable(text))};
  }
  return condition;
}

std::vector<Condition> parse_filter(std::string_view text) {
  std::vector<Condition> conditions;
  if (text.empty()) return conditions;
  for (bool more = true; more;) {
    const std::size_t joint = text.find("&&");
    more = joint != std::string_view::npos;
    conditions.push_back(parse_condition(trimmed(text.substr(0, joint))));
    if (more) text.remove_prefix(joint + 2);
  }
  return conditions;
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
  void (*read)(LabelRule& rule, std::string_view text);
};

constexpr std::array rule_columns = {
    RuleColumn{"label",
               [](LabelRule& rule, std::string_view text) {
                 if (text.empty()) throw Refusal{"the label is empty"};
                 rule.label = text;
               }},
    RuleColumn{"start", [](LabelRule& rule, std::string_view text) { rule.start_ns = parse_moment(text); }},
    RuleColumn{"end", [](LabelRule& rule, std::string_view text) { rule.end_ns = parse_moment(text); }},
    RuleColumn{"src",
               [](LabelRule& rule, std::string_view text) { rule.sources = parse_list(text, &parse_block); }},
    RuleColumn{"dst", [](LabelRule& rule,
                         std::string_view text) { rule.destinations = parse_list(text, &parse_block); }},
    RuleColumn{"sport", [](LabelRule& rule,
                           std::string_view text) { rule.source_ports = parse_list(text, &parse_ports); }},
    RuleColumn{"dport",
               [](LabelRule& rule, std::string_view text) {
                 rule.destination_ports = parse_list(text, &parse_ports);
               }},
    RuleColumn{"proto", [](LabelRule& rule,
                           std::string_view text) { rule.protocols = parse_list(text, &parse_protocol); }},
    RuleColumn{"both_ways",
               [](LabelRule& rule, std::string_view text) { rule.both_ways = parse_flag(text); }},
    RuleColumn{"filter",
               [](LabelRule& rule, std::string_view text) { rule.conditions = parse_filter(text); }},
};

using Layout = std::vector<const RuleColumn*>;

Layout read_header(const CsvRow& row) {
  std::vector<std::string> names;
  for (const RuleColumn& column : rule_columns) names.emplace_back(column.name);
  Layout layout;
  for (const std::string& cell : row.cells) {
    const auto found = std::find(names.begin(), names.end(), trimmed(cell));
    if (found == names.end()) {
      throw Refusal{fmt::format("the header has \"{}\"{} (it may have {})", printable(cell),
                                did_you_mean(cell, names), fmt::join(names, ", "))};
    }
    const RuleColumn* column = &rule_columns[static_cast<std::size_t>(found - names.begin())];
    if (std::find(layout.begin(), layout.end(), column) != layout.end()) {
      throw Refusal{fmt::format("the header has {} twice", *found)};
    }
    layout.push_back(column);
  }
  if (std::find(layout.begin(), layout.end(), rule_columns.data()) == layout.end()) {
    throw Refusal{"the header has no column label"};
  }
  return layout;
}

LabelRule read_rule(const Layout& layout, const CsvRow& row) {
  if (row.cells.size() != layout.size()) {
    throw Refusal{fmt::format("{} values instead of the header's {}", row.cells.size(), layout.size())};
  }
  LabelRule rule;
  rule.line = row.line;
  for (std::size_t i = 0; i < layout.size(); ++i) layout[i]->read(rule, trimmed(row.cells[i]));
  if (rule.start_ns && rule.end_ns && *rule.start_ns > *rule.end_ns)
    throw Refusal{"it ends before it starts"};
  return rule;
}

template <class Range, class Takes>
bool empty_or_any(const Range& range, Takes takes) {
  return range.empty() || std::any_of(range.begin(), range.end(), takes);
}

}  // namespace

bool AddressBlock::contains(const IpAddress& other) const noexcept {
  if (other.version != address.version) return false;
  const unsigned whole_bytes = bits / 8, rest = bits % 8;
  if (!std::equal(address.bytes.begin(), address.bytes.begin() + whole_bytes, other.bytes.begin()))
    return false;
  return rest == 0 || (address.bytes[whole_bytes] ^ other.bytes[whole_bytes]) >> (8 - rest) == 0;
}

bool Condition::holds(std::string_view cell) const {
  const auto have = number ? parse_decimal(cell) : std::nullopt;
  if (compares == Operator::equal || compares == Operator::unequal) {
    const bool same = have ? compare(*have, *number) == 0 : cell == value;
    return same == (compares == Operator::equal);
  }
  if (!have) return false;
  const int order = compare(*have, *number);
  switch (compares) {
    case Operator::less:
      return order < 0;
    case Operator::at_most:
      return order <= 0;
    case Operator::greater:
      return order > 0;
    default:
      return order >= 0;
  }
}

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

bool LabelRule::takes(const Flow& flow, LabelTime time) const noexcept {
  const std::int64_t last_ns = time == LabelTime::start ? flow.first_ns : flow.last_ns;
  if (end_ns && flow.first_ns > *end_ns) return false;
  if (start_ns && last_ns < *start_ns) return false;
  const auto protocol = static_cast<std::uint8_t>(flow.key.transport);
  if (!empty_or_any(protocols, [&](std::uint8_t known) { return known == protocol; })) return false;
  return takes_ends(flow.source, flow.destination) ||
         (both_ways && takes_ends(flow.destination, flow.source));
}

std::vector<LabelRule> parse_label_rules(std::string_view text, const std::string& file) {
  std::vector<LabelRule> rules;
  std::size_t line = 1;
  try {
    const std::vector<CsvRow> rows = read_csv(text);
    if (rows.empty()) throw Refusal{"there is no header line"};
    line = rows.front().line;
    const Layout layout = read_header(rows.front());
    for (std::size_t i = 1; i < rows.size(); ++i) {
      line = rows[i].line;
      rules.push_back(read_rule(layout, rows[i]));
    }
  } catch (const Refusal& refusal) {
    throw UsageError(fmt::format("--labels {}:{}: {}", file, line, refusal.why));
  } catch (const InputError& error) {
    throw UsageError(fmt::format("--labels {}:{}", file, error.what()));
  }
  return rules;
}

}  // namespace flowmeter
