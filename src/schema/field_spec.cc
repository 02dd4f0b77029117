#include "schema/field_spec.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.h"
#include "base/report.h"
#include "base/suggest.h"

namespace flowmeter {
namespace {

const std::vector<std::string> built_in = {"@size", "@ip", "@pay", "@hdr", "@iat", "@iatd", "@win"};

const std::vector<std::string> aggregates = {
    "count", "n",    "any",  "first", "last", "distinct", "mode",   "min", "max", "sum",     "mean", "std",
    "var",   "skew", "kurt", "sstd",  "svar", "cv",       "median", "q25", "q75", "entropy", "list", "set"};

bool is_letter_or_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Reads a specification from its beginning to its end.
class SpecParser {
 public:
  explicit SpecParser(std::string_view text) : text_(text), end_(std::min(text.find('='), text.size())) {}

  FieldSpec parse() {
    FieldSpec spec;
    spec.field = take_field();
    if (at_ < end_) {
      if (const auto side = side_named(peek())) {
        spec.side = *side;
        skip();
      }
    }
    if (at_ < end_) spec.aggregates = take_aggregates();
    if (at_ < end_) refuse(at_, "only =NAME can follow the aggregates");
    if (spec.aggregates.empty()) spec.aggregates = {"first"};
    if (end_ < text_.size()) spec.name = take_name();
    return spec;
  }

 private:
  /// The word up to the next colon.
  [[nodiscard]] std::string_view peek() const {
    return text_.substr(at_, std::min(text_.find(':', at_), end_) - at_);
  }
  void skip() {
    at_ += peek().size();
    if (at_ == end_) return;
    if (++at_ == end_) refuse(at_, "a side or an aggregate is missing");
  }

  std::string take_field() {
    std::string field(peek());
    if (field.empty()) refuse(0, "the field is missing");
    if (field.front() == '@') {
      if (std::find(built_in.begin(), built_in.end(), field) == built_in.end()) {
        refuse(0, fmt::format("there is no built-in field {}{} (there are {})", printable(field),
                              did_you_mean(field, built_in), fmt::join(built_in, " ")));
      }
    }
    for (std::size_t i = field.front() == '@' ? 1 : 0; i < field.size(); ++i) {
      if (!is_letter_or_digit(field[i]) && std::string_view("._-").find(field[i]) == std::string_view::npos) {
        refuse(i, "a field name cannot contain this character");
      }
    }
    skip();
    return field;
  }

  std::vector<std::string> take_aggregates() {
    std::vector<std::string> found;
    std::string_view words = peek();
    std::size_t place = at_;
    while (true) {
      const std::string_view word = words.substr(0, words.find(','));
      check_aggregate(word, place);
      if (std::find(found.begin(), found.end(), word) != found.end()) {
        refuse(place, fmt::format("{} is given twice", word));
      }
      found.emplace_back(word);
      if (word.size() == words.size()) break;
      words.remove_prefix(word.size() + 1);
      place += word.size() + 1;
    }
    skip();
    return found;
  }

  void check_aggregate(std::string_view word, std::size_t place) const {
    if (std::find(aggregates.begin(), aggregates.end(), word) != aggregates.end()) return;
    if (percentage_of(word) >= 0) return;
    std::vector<std::string> known = aggregates;
    known.insert(known.end(), {"fwd", "bwd", "both"});
    refuse(place,
           fmt::format("there is no side or aggregate \"{}\"{} (sides: fwd bwd both; aggregates: {} pNN)",
                       printable(word), did_you_mean(word, known), fmt::join(aggregates, " ")));
  }

  [[nodiscard]] std::string take_name() const {
    const std::string_view name = text_.substr(end_ + 1);
    if (name.empty()) refuse(end_ + 1, "a name is missing after =");
    for (std::size_t i = 0; i < name.size(); ++i) {
      const bool other = std::string_view("_.:/@").find(name[i]) != std::string_view::npos ||
                         (i != 0 && std::string_view("+-").find(name[i]) != std::string_view::npos) ||
                         static_cast<unsigned char>(name[i]) >= 0x80;
      if (!is_letter_or_digit(name[i]) && !other) {
        refuse(end_ + 1 + i, "a column name cannot contain this character here");
      }
    }
    return std::string(name);
  }

  [[noreturn]] void refuse(std::size_t place, const std::string& why) const {
    throw UsageError(fmt::format("--field \"{}\", character {}: {}", printable(text_), place + 1, why));
  }

  const std::string_view text_;
  const std::size_t end_;  // of all but the name
  std::size_t at_ = 0;
};

}  // namespace

FieldSpec parse_field_spec(std::string_view text) { return SpecParser(text).parse(); }

std::vector<std::string> column_names(const FieldSpec& spec) {
  if (!spec.name.empty() && spec.aggregates.size() == 1) return {spec.name};
  std::string stem = spec.name;
  if (stem.empty()) {
    stem = spec.field.substr(spec.field.front() == '@' ? 1 : 0);
    std::replace(stem.begin(), stem.end(), '.', '_');
  }
  if (spec.side != PacketSide::both) stem += fmt::format("_{}", name_of(spec.side));
  std::vector<std::string> names;
  for (const std::string& aggregate : spec.aggregates) names.push_back(fmt::format("{}_{}", stem, aggregate));
  return names;
}

int percentage_of(std::string_view aggregate) {
  if (aggregate == "median") return 50;
  if (aggregate == "q25") return 25;
  if (aggregate == "q75") return 75;
  if (!aggregate.starts_with('p')) return -1;
  aggregate.remove_prefix(1);
  if (aggregate == "100") return 100;
  if (aggregate.empty() || aggregate.size() > 2) return -1;
  int percentage = 0;
  for (const char c : aggregate) {
    if (c < '0' || c > '9') return -1;
    percentage = 10 * percentage + (c - '0');
  }
  return percentage;
}

}  // namespace flowmeter
