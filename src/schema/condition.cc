#include "schema/condition.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/glob.h"
#include "base/report.h"
#include "base/suggest.h"

namespace flowmeter {
namespace {

constexpr int most_nested = 100;  // so that no text is too much for the stack

constexpr std::string_view blanks = " \t\r\n";
constexpr std::string_view quotes = "\"'";
constexpr std::string_view example = "a comparison such as dst_port = 80";

enum class Operator : std::uint8_t { equal, unequal, less, at_most, greater, at_least, like, unlike };

struct OperatorWord {
  std::string_view word;
  Operator means;
};

/// The longer ones first, so that they are found.
constexpr std::array operator_words = {
    OperatorWord{"==", Operator::equal},    OperatorWord{"!=", Operator::unequal},
    OperatorWord{"!~", Operator::unlike},   OperatorWord{"<=", Operator::at_most},
    OperatorWord{">=", Operator::at_least}, OperatorWord{"=", Operator::equal},
    OperatorWord{"<", Operator::less},      OperatorWord{">", Operator::greater},
    OperatorWord{"~", Operator::like},
};

bool is_one_of(char c, std::string_view characters) { return characters.find(c) != std::string_view::npos; }

bool same_word(std::string_view word, std::string_view lower) {
  return std::equal(word.begin(), word.end(), lower.begin(), lower.end(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; });
}

bool is_keyword(std::string_view word) {
  return same_word(word, "and") || same_word(word, "or") || same_word(word, "not") || same_word(word, "in");
}

}  // namespace

/// Reads a condition by recursive descent. Words end at other marks where a column's name is due than where
/// a value is, so that there are no tokens that are cut beforehand.
class ConditionParser {
 public:
  ConditionParser(std::string_view text, const ColumnKinds& columns,
                  const std::optional<std::string>& missing, Condition& condition)
      : text_(text), known_(columns), missing_(missing), condition_(condition) {}

  void read() {
    condition_.root_ = read_any();
    if (at_end()) return;
    if (text_[at_] == ')') refuse(at_, "\")\" without \"(\" before it");
    refuse_rest();
  }

 private:
  using Node = Condition::Node;
  using Accepted = Condition::Accepted;

  /// A value as it is written.
  struct Literal {
    std::string text;
    std::size_t place = 0;
    bool quoted = false;
  };

  struct Column {
    std::string name;
    ValueKind kind = ValueKind::text;
    std::size_t index = 0;
  };

  // ---- the text ----

  [[noreturn]] static void refuse(std::size_t place, std::string why) {
    throw ConditionRefusal{place, std::move(why)};
  }

  void skip_blanks() {
    while (at_ < text_.size() && is_one_of(text_[at_], blanks)) ++at_;
  }

  bool at_end() {
    skip_blanks();
    return at_ == text_.size();
  }

  bool take(std::string_view mark) {
    skip_blanks();
    if (!text_.substr(at_).starts_with(mark)) return false;
    at_ += mark.size();
    return true;
  }

  /// The word that comes next, up to a blank or any of `marks`.
  std::string_view peek_word(std::string_view marks) {
    skip_blanks();
    std::size_t end = at_;
    while (end < text_.size() && !is_one_of(text_[end], blanks) && !is_one_of(text_[end], marks)) ++end;
    return text_.substr(at_, end - at_);
  }

  static constexpr std::string_view name_marks = "(){},&|!<>=~\"'";
  static constexpr std::string_view value_marks = "(){},&|\"'";

  bool take_keyword(std::string_view lower) {
    const std::string_view word = peek_word(name_marks);
    if (!same_word(word, lower)) return false;
    at_ += word.size();
    return true;
  }

  std::string read_quoted() {
    const std::size_t begin = at_;
    const char quote = text_[at_++];
    std::string text;
    while (true) {
      const std::size_t end = text_.find(quote, at_);
      if (end == std::string_view::npos) refuse(begin, "a quote is not closed");
      text += text_.substr(at_, end - at_);
      at_ = end + 1;
      if (at_ == text_.size() || text_[at_] != quote) return text;
      text += quote;
      ++at_;
    }
  }

  bool at_quote() {
    skip_blanks();
    return at_ < text_.size() && is_one_of(text_[at_], quotes);
  }

  /// Says why what comes next cannot follow what was read.
  [[noreturn]] void refuse_rest() {
    const char c = text_[at_];
    if (c == '&' || c == '|') {
      refuse(at_, fmt::format("\"{0}\" is not an operator: write {0}{0} or \"{1}\"{2}, or put text with "
                              "\"{0}\" in quotes",
                              c, c == '&' ? "and" : "or",
                              c == '|' ? ", in {a, b} for one of several values" : ""));
    }
    if (c == ',') {
      refuse(at_,
             "unexpected \",\": write in {a, b} for one of several values, or put text with "
             "\",\" in quotes");
    }
    const std::string_view word = peek_word(name_marks);
    refuse(at_, fmt::format("unexpected \"{}\": join comparisons with && or ||, and put text with "
                            "blanks or punctuation in quotes",
                            printable(word.empty() ? text_.substr(at_, 1) : word)));
  }

  // ---- conditions ----

  Node read_any() {
    return read_joined(Node::Kind::any, "||", "or", [this] {
      return read_joined(Node::Kind::all, "&&", "and", [this] { return read_operand(); });
    });
  }

  template <class Read>
  Node read_joined(Node::Kind kind, std::string_view mark, std::string_view keyword, Read read) {
    Node joined{kind};
    do {
      joined.operands.push_back(read());
    } while (take(mark) || take_keyword(keyword));
    if (joined.operands.size() > 1) return joined;
    Node one = std::move(joined.operands.front());
    return one;
  }

  Node read_operand() {
    skip_blanks();
    const std::size_t begin = at_;
    if (++nested_ > most_nested)
      refuse(begin, fmt::format("the condition has more than {} levels", most_nested));
    Node operand;
    if (take_keyword("not") || (!text_.substr(at_).starts_with("!=") && take("!"))) {
      operand.kind = Node::Kind::none;
      operand.operands.push_back(read_operand());
    } else if (take("(")) {
      operand = read_any();
      if (at_end()) refuse(begin, "\"(\" is not closed");
      if (!take(")")) refuse_rest();
    } else {
      operand = read_comparison();
    }
    --nested_;
    return operand;
  }

  Node read_comparison() {
    if (at_end()) refuse(at_, fmt::format("the condition ends where {} is missing", example));
    const std::size_t begin = at_;
    std::string name;
    if (at_quote()) {
      name = read_quoted();
    } else {
      name = peek_word(name_marks);
      if (name.empty() || is_keyword(name)) {
        refuse(begin, fmt::format("{} is missing before \"{}\"", example,
                                  name.empty() ? text_.substr(begin, 1) : std::string_view(name)));
      }
      at_ += name.size();
    }
    if (const auto compares = take_operator()) return read_compared(column(name, begin), *compares);
    const bool negated = take_keyword("not");
    if (!take_keyword("in")) {
      refuse(begin, fmt::format("\"{}\" is not compared with anything ({}, or dst_port in {{80, 443}})",
                                printable(name), example));
    }
    Node node = read_set(column(name, begin));
    return negated ? inverse(std::move(node)) : node;
  }

  static Node inverse(Node node) {
    Node inverted{Node::Kind::none};
    inverted.operands.push_back(std::move(node));
    return inverted;
  }

  /// Which operator comes next; operator_ is the text of it.
  std::optional<Operator> take_operator() {
    skip_blanks();
    const std::size_t begin = at_;
    for (const OperatorWord& known : operator_words) {
      if (!take(known.word)) continue;
      if (at_ < text_.size() && is_one_of(text_[at_], "!<>=~")) {
        refuse(begin, fmt::format("\"{}\" is not an operator (= != < <= > >= ~ !~ in)",
                                  text_.substr(begin, at_ + 1 - begin)));
      }
      operator_ = known.word;
      operator_at_ = begin;
      return known.means;
    }
    return std::nullopt;
  }

  Column column(const std::string& name, std::size_t place) {
    const auto found = known_.find(name);
    if (found == known_.end()) {
      std::vector<std::string> names;
      for (const auto& [known, kind] : known_) names.push_back(known);
      refuse(place, fmt::format("there is no column \"{}\"{} (see --list-columns)", printable(name),
                                did_you_mean(name, names)));
    }
    auto& used = condition_.columns_;
    const auto place_in = std::find(used.begin(), used.end(), name);
    const auto index = static_cast<std::size_t>(place_in - used.begin());
    if (place_in == used.end()) used.push_back(name);
    return {name, found->second, index};
  }

  // ---- values ----

  Literal read_literal(std::string_view after) {
    if (at_quote()) {
      const std::size_t place = at_;
      return {read_quoted(), place, true};
    }
    const std::string_view word = peek_word(value_marks);
    if (word.empty() || is_one_of(word.front(), "!<>=~"))
      refuse(at_, fmt::format("a value is missing after \"{}\"", after));
    if (is_keyword(word)) {
      refuse(at_, fmt::format("a value is missing after \"{}\" (if \"{}\" is meant, put it in quotes)", after,
                              word));
    }
    Literal literal{std::string(word), at_, false};
    at_ += word.size();
    if (at_ < text_.size() && is_one_of(text_[at_], quotes))
      refuse(at_, "a quote inside a value: put the whole value in quotes");
    return literal;
  }

  Node read_compared(const Column& column, Operator compares) {
    const Literal literal = read_literal(operator_);
    Node node{Node::Kind::test, column.index};
    switch (compares) {
      case Operator::equal:
      case Operator::unequal:
        node.accepted.push_back(value(column, literal));
        break;
      case Operator::like:
      case Operator::unlike:
        if (column.kind == ValueKind::number)
          refuse(operator_at_,
                 fmt::format("\"{}\" compares text, and {} is a number", operator_, column.name));
        node.accepted.emplace_back(Condition::Pattern{literal.text});
        break;
      default:
        node.accepted.emplace_back(ordered(column, literal, compares));
    }
    const bool negated = compares == Operator::unequal || compares == Operator::unlike;
    return negated ? inverse(std::move(node)) : node;
  }

  Condition::NumberRange ordered(const Column& column, const Literal& literal, Operator compares) const {
    if (column.kind == ValueKind::text || column.kind == ValueKind::address) {
      refuse(operator_at_, fmt::format("\"{}\" compares numbers, and {} is {}", operator_, column.name,
                                       column.kind == ValueKind::text ? "text" : "an address"));
    }
    const Decimal bound = number(column, literal);
    switch (compares) {
      case Operator::less:
        return {std::nullopt, bound, true};
      case Operator::at_most:
        return {std::nullopt, bound, false};
      case Operator::greater:
        return {bound, std::nullopt, true};
      default:
        return {bound, std::nullopt, false};
    }
  }

  Node read_set(const Column& column) {
    Node node{Node::Kind::test, column.index};
    if (!take("{")) {
      refuse(at_,
             fmt::format("a list in braces is missing after \"in\", such as {} in {{a, b}}", column.name));
    }
    const std::size_t begin = at_ - 1;
    std::string_view before = "{";
    do {
      const Literal literal = read_literal(before);
      if (auto range = read_range(column, literal)) {
        node.accepted.push_back(std::move(*range));
      } else {
        node.accepted.push_back(value(column, literal));
      }
      before = ",";
    } while (take(","));
    if (at_end()) refuse(begin, "\"{\" is not closed");
    if (!take("}")) refuse(at_, "\",\" or \"}\" is missing here");
    return node;
  }

  /// LOW..HIGH, where the column can have such; nothing if it is one value.
  std::optional<Accepted> read_range(const Column& column, const Literal& literal) const {
    const std::size_t dots = literal.text.find("..");
    if (literal.quoted || column.kind == ValueKind::text || dots == std::string::npos) return std::nullopt;
    const std::string low_text = literal.text.substr(0, dots), high_text = literal.text.substr(dots + 2);
    const auto low = parse_decimal(low_text), high = parse_decimal(high_text);
    if (low && high && column.kind != ValueKind::address) {
      if (compare(*low, *high) > 0) refuse(literal.place, empty_range(literal));
      return Condition::NumberRange{low, high, false};
    }
    const auto first = parse_address(low_text), last = parse_address(high_text);
    if (first && last && first->version == last->version && column.kind != ValueKind::number) {
      if (last->bytes < first->bytes) refuse(literal.place, empty_range(literal));
      return Condition::AddressRange{*first, *last};
    }
    if (column.kind == ValueKind::value) return std::nullopt;
    refuse(literal.place,
           fmt::format("\"{}\" is not a range of {}", printable(literal.text),
                       column.kind == ValueKind::number ? "numbers (such as 8000..8099)"
                                                        : "addresses (such as 10.0.0.1..10.0.0.9)"));
  }

  static std::string empty_range(const Literal& literal) {
    return fmt::format("the range \"{}\" ends before it begins", printable(literal.text));
  }

  /// What equals the literal.
  Accepted value(const Column& column, const Literal& literal) const {
    switch (column.kind) {
      case ValueKind::number: {
        const bool names_missing = missing_ && literal.text == *missing_ && !parse_decimal(literal.text);
        if (names_missing) return Condition::Text{literal.text};
        const Decimal same = number(column, literal);
        return Condition::NumberRange{same, same, false};
      }
      case ValueKind::address:
        if (literal.text == "-") return Condition::Text{literal.text};
        if (const auto block = parse_address_block(literal.text)) return *block;
        refuse(literal.place,
               fmt::format("{} is an address, and \"{}\" is neither an address nor a block such as "
                           "10.0.0.0/8",
                           column.name, printable(literal.text)));
      case ValueKind::value:
        if (literal.quoted) break;
        if (const auto same = parse_decimal(literal.text)) return Condition::NumberRange{same, same, false};
        if (const auto block = parse_address_block(literal.text)) return *block;
        break;
      case ValueKind::text: {
        const bool word = literal.text == "True" || literal.text == "False";
        if (literal.quoted || word || !parse_decimal(literal.text)) break;
        refuse(literal.place, fmt::format("{} is text, and {} is a number: put it in quotes to compare it as "
                                          "text",
                                          column.name, printable(literal.text)));
      }
    }
    if (!literal.quoted && literal.text.find('*') != std::string::npos) {
      refuse(literal.place,
             fmt::format("\"{}\" contains *: compare a pattern with ~, or put text in quotes if its * "
                         "stands for itself",
                         printable(literal.text)));
    }
    return Condition::Text{literal.text};
  }

  Decimal number(const Column& column, const Literal& literal) const {
    auto parsed = parse_decimal(literal.text);
    if (parsed && !literal.quoted) return *parsed;
    const char* const kind =
        column.kind == ValueKind::number ? "is a number" : "is compared with < > as a number";
    std::string why;
    if (parsed) {
      why = fmt::format("{0} {1}: write {2} without quotes", column.name, kind, printable(literal.text));
    } else {
      why = fmt::format("{} {}, and \"{}\" is not", column.name, kind, printable(literal.text));
      if (known_.contains(literal.text)) why += "; columns are compared with values, not with each other";
      if (is_range_with_dash(literal.text))
        why += fmt::format("; a range is written {} in {{LOW..HIGH}}", column.name);
    }
    refuse(literal.place, std::move(why));
  }

  static bool is_range_with_dash(std::string_view text) {
    const std::size_t dash = text.find('-', 1);
    return dash != std::string_view::npos && parse_decimal(text.substr(0, dash)) &&
           parse_decimal(text.substr(dash + 1));
  }

  const std::string_view text_;
  const ColumnKinds& known_;
  const std::optional<std::string>& missing_;
  Condition& condition_;
  std::size_t at_ = 0;
  std::string_view operator_;
  std::size_t operator_at_ = 0;
  int nested_ = 0;
};

Condition::Condition(std::string_view text, const ColumnKinds& columns,
                     const std::optional<std::string>& missing) {
  ConditionParser(text, columns, missing, *this).read();
}

bool Condition::accepts(const Accepted& accepted, std::string_view value) {
  struct Visitor {
    std::string_view value;

    bool operator()(const Text& same) const { return value == same.text; }
    bool operator()(const Pattern& pattern) const { return matches_glob(pattern.glob, value); }
    bool operator()(const NumberRange& range) const {
      const auto number = parse_decimal(value);
      if (!number) return false;
      const int nearest = range.open ? 1 : 0;
      return (!range.low || compare(*number, *range.low) >= nearest) &&
             (!range.high || compare(*range.high, *number) >= nearest);
    }
    bool operator()(const AddressBlock& block) const {
      const auto address = parse_address(value);
      return address && block.contains(*address);
    }
    bool operator()(const AddressRange& range) const {
      const auto address = parse_address(value);
      return address && address->version == range.low.version && range.low.bytes <= address->bytes &&
             address->bytes <= range.high.bytes;
    }
  };
  return std::visit(Visitor{value}, accepted);
}

bool Condition::holds(const Node& node, const Values& values) {
  const auto operand_holds = [&](const Node& operand) { return holds(operand, values); };
  switch (node.kind) {
    case Node::Kind::all:
      return std::all_of(node.operands.begin(), node.operands.end(), operand_holds);
    case Node::Kind::any:
      return std::any_of(node.operands.begin(), node.operands.end(), operand_holds);
    case Node::Kind::none:
      return std::none_of(node.operands.begin(), node.operands.end(), operand_holds);
    case Node::Kind::test:
      break;
  }
  const std::string_view value = values(node.column);
  return std::any_of(node.accepted.begin(), node.accepted.end(),
                     [&](const Accepted& accepted) { return accepts(accepted, value); });
}

bool Condition::holds(const Values& values) const { return holds(root_, values); }

}  // namespace flowmeter
