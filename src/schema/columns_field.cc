#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>

#include "dialect/known_fields.h"
#include "flow/field_accumulators.h"
#include "schema/field_spec.h"
#include "schema/groups.h"
#include "stats/entropy.h"

namespace flowmeter {
namespace {

/// A whole number as it is, another one as the nearest double.
void print(Cell& cell, const Ratio& ratio) {
  Integer whole, rest;
  divide_qr(ratio.numerator, ratio.denominator, whole, rest);
  if (rest != 0) {
    cell.out.real(nearest(ratio));
  } else if (whole >= std::numeric_limits<std::int64_t>::min() &&
             whole <= std::numeric_limits<std::int64_t>::max()) {
    cell.out.integer(static_cast<std::int64_t>(whole));
  } else {
    cell.out.text(whole.str());
  }
}

/// Texts between bars; "-" for none.
void print_list(Cell& cell, const std::vector<std::string_view>& texts) {
  const std::string joined = fmt::format("{}", fmt::join(texts, "|"));
  cell.out.text(joined.empty() ? "-" : joined);
}

std::vector<std::string_view> in_order(const FieldTexts& texts, std::size_t most) {
  std::vector<std::pair<std::uint64_t, std::string_view>> ordered;
  for (const auto& [text, seen] : texts.seen) {
    if (seen.order < most) ordered.emplace_back(seen.order, text);
  }
  std::sort(ordered.begin(), ordered.end());
  std::vector<std::string_view> result;
  for (const auto& [order, text] : ordered) result.push_back(text);
  return result;
}

std::string_view most_frequent(const FieldTexts& texts) {
  const auto best = std::max_element(texts.seen.begin(), texts.seen.end(), [](const auto& a, const auto& b) {
    return a.second.count != b.second.count ? a.second.count < b.second.count
                                            : a.second.order > b.second.order;
  });
  return best == texts.seen.end() ? std::string_view("-") : std::string_view(best->first);
}

double entropy_of(const FieldTexts& texts) {
  std::vector<std::uint64_t> counts;
  for (const auto& [text, seen] : texts.seen) counts.push_back(seen.count);
  return entropy_bits(std::move(counts));
}

/// Linear interpolation at (n - 1) * percentage / 100 of the sorted numbers.
Ratio quantile(FieldNumbers numbers, int percentage) {
  std::sort(numbers.begin(), numbers.end(),
            [](const Decimal& a, const Decimal& b) { return compare(a, b) < 0; });
  const std::size_t hundredths = (numbers.size() - 1) * static_cast<std::size_t>(percentage);
  const std::size_t k = hundredths / 100, rest = hundredths % 100;
  const Decimal &below = numbers[k], &above = numbers[std::min(k + 1, numbers.size() - 1)];
  const unsigned scale = std::max(below.scale, above.scale);
  const Integer low = below.mantissa * power_of_ten(scale - below.scale);
  const Integer high = above.mantissa * power_of_ten(scale - above.scale);
  return {low * (100 - rest) + high * rest, 100 * power_of_ten(scale)};
}

/// How an aggregate is called, what it is, what it is computed from, and how it is printed.
template <class State>
struct Aggregate {
  const char* name;
  const char* meaning;  ///< followed by the field
  bool of_unit;         ///< of the values' own unit
  void (*print)(Cell& cell, const State& state);
  ValueKind kind = ValueKind::number;
};

constexpr std::array count_aggregates = {
    Aggregate<FieldCounts>{"count", "packets that have", false,
                           [](Cell& cell, const FieldCounts& state) { cell.out.natural(state.packets); }},
    Aggregate<FieldCounts>{"n", "occurrences of", false,
                           [](Cell& cell, const FieldCounts& state) { cell.out.natural(state.occurrences); }},
    Aggregate<FieldCounts>{
        "any", "1 if any packet has it, else 0:", false,
        [](Cell& cell, const FieldCounts& state) { cell.out.natural(state.packets > 0 ? 1 : 0); }},
};

constexpr std::array end_aggregates = {
    Aggregate<FieldEnds>{"first", "first value of", true,
                         [](Cell& cell, const FieldEnds& state) {
                           cell.out.text(state.any ? std::string_view(state.first) : "-");
                         },
                         ValueKind::value},
    Aggregate<FieldEnds>{"last", "last value of", true,
                         [](Cell& cell, const FieldEnds& state) {
                           cell.out.text(state.any ? std::string_view(state.last) : "-");
                         },
                         ValueKind::value},
};

constexpr std::array text_aggregates = {
    Aggregate<FieldTexts>{"distinct", "number of distinct values of", false,
                          [](Cell& cell, const FieldTexts& state) { cell.out.natural(state.seen.size()); }},
    Aggregate<FieldTexts>{"mode", "most frequent value (the first such) of", true,
                          [](Cell& cell, const FieldTexts& state) { cell.out.text(most_frequent(state)); },
                          ValueKind::value},
    Aggregate<FieldTexts>{"entropy", "entropy in bits of the distribution of the values of", false,
                          [](Cell& cell, const FieldTexts& state) {
                            if (state.seen.empty()) return cell.none();
                            cell.out.real(entropy_of(state));
                          }},
    Aggregate<FieldTexts>{"set", "distinct values, in order of appearance, of", true,
                          [](Cell& cell, const FieldTexts& state) {
                            print_list(cell, in_order(state, cell.row.settings.list_max));
                          },
                          ValueKind::value},
};

constexpr std::array list_aggregates = {
    Aggregate<FieldList>{"list", "values of", true,
                         [](Cell& cell, const FieldList& state) {
                           print_list(cell, {state.begin(), state.end()});
                         },
                         ValueKind::value},
};

constexpr std::array sum_aggregates = {
    Aggregate<DecimalSums>{"min", "smallest of", true,
                           [](Cell& cell, const DecimalSums& state) { print(cell, ratio_of(state.min())); }},
    Aggregate<DecimalSums>{"max", "largest of", true,
                           [](Cell& cell, const DecimalSums& state) { print(cell, ratio_of(state.max())); }},
    Aggregate<DecimalSums>{"sum", "sum of", true,
                           [](Cell& cell, const DecimalSums& state) { print(cell, state.sum()); }},
    Aggregate<DecimalSums>{"mean", "mean of", true,
                           [](Cell& cell, const DecimalSums& state) { print(cell, state.mean()); }},
    Aggregate<DecimalSums>{
        "std", "population standard deviation of", true,
        [](Cell& cell, const DecimalSums& state) { cell.out.real(nearest_root(state.variance())); }},
    Aggregate<DecimalSums>{
        "var", "population variance of", false,
        [](Cell& cell, const DecimalSums& state) { cell.out.real(nearest(state.variance())); }},
    Aggregate<DecimalSums>{
        "sstd", "sample standard deviation (n - 1) of", true,
        [](Cell& cell, const DecimalSums& state) { cell.out.real(nearest_root(state.sample_variance())); }},
    Aggregate<DecimalSums>{
        "svar", "sample variance (n - 1) of", false,
        [](Cell& cell, const DecimalSums& state) { cell.out.real(nearest(state.sample_variance())); }},
    Aggregate<DecimalSums>{"skew", "population skewness m3/m2^1.5 of", false,
                           [](Cell& cell, const DecimalSums& state) { cell.out.real(state.skewness()); }},
    Aggregate<DecimalSums>{"kurt", "excess kurtosis m4/m2^2 - 3 of", false,
                           [](Cell& cell, const DecimalSums& state) { cell.out.real(state.kurtosis()); }},
    Aggregate<DecimalSums>{"cv", "standard deviation / mean of", false,
                           [](Cell& cell, const DecimalSums& state) { cell.out.real(state.variation()); }},
};

std::string unit_of(std::string_view field) {
  if (field == "@iat") return "s";
  if (field == "@iatd") return "us";
  return field.starts_with('@') ? "byte" : "-";
}

std::string text_of(std::string_view field) {
  if (field == "@size") return "the sizes on the wire";
  if (field == "@ip") return "the sizes of the IP packets";
  if (field == "@pay") return "the payload sizes";
  if (field == "@hdr") return "the sizes of the transport headers";
  if (field == "@iat") return "the gaps to the flow's packet before";
  if (field == "@iatd") return "the gaps to the packet before in the same direction";
  if (field == "@win") return "the TCP windows, scaled";
  return std::string(field);
}

/// Makes the columns of one specification.
class ColumnMaker {
 public:
  explicit ColumnMaker(const FieldSpec& spec)
      : spec_(spec),
        argument_(field_argument(spec.side, spec.field)),
        gaps_(FieldSamples::are_gaps(argument_)) {}

  Column make(const std::string& aggregate, std::string name) {
    name_ = std::move(name);
    if (auto column = find(count_aggregates, &make_field_counts, aggregate)) return *column;
    if (auto column = find(end_aggregates, &make_field_ends, aggregate)) return *column;
    if (auto column = find(text_aggregates, &make_field_texts, aggregate)) return *column;
    if (auto column = find(list_aggregates, &make_field_list, aggregate)) return *column;
    const int percentage = percentage_of(aggregate);
    if (percentage >= 0) return quantile_column(percentage);
    return *find_sum(aggregate);
  }

 private:
  Column column(std::string_view meaning, bool of_unit, AccumulatorFactory factory) const {
    const char* const side = spec_.side == PacketSide::forward    ? ", forward packets"
                             : spec_.side == PacketSide::backward ? ", backward packets"
                                                                  : "";
    return {name_,
            of_unit ? unit_of(spec_.field) : "-",
            fmt::format("{} {}{}", meaning, text_of(spec_.field), side),
            fields_behind(spec_.field),
            AccumulatorKind(factory, argument_),
            nullptr,
            false,
            spec_.field.front() == '@' ? FieldOrigin::standard : FieldOrigin::named};
  }

  /// Calls `print` with the cell and the State in it.
  template <class State, class Print>
  std::function<void(Cell&)> writer(Print print) const {
    if (gaps_) return [print](Cell& cell) { print(cell, cell.as<GapsState<State>>().kept); };
    return [print](Cell& cell) { print(cell, cell.as<State>()); };
  }

  template <class State, std::size_t N>
  std::optional<Column> find(const std::array<Aggregate<State>, N>& table, AccumulatorFactory factory,
                             std::string_view name) const {
    for (const Aggregate<State>& aggregate : table) {
      if (aggregate.name != name) continue;
      Column found = column(aggregate.meaning, aggregate.of_unit, factory);
      found.write = writer<State>(aggregate.print);
      found.kind = aggregate.kind;
      return found;
    }
    return std::nullopt;
  }

  std::optional<Column> find_sum(std::string_view name) const {
    for (const Aggregate<DecimalSums>& aggregate : sum_aggregates) {
      if (aggregate.name != name) continue;
      Column found = column(aggregate.meaning, aggregate.of_unit, &make_field_sums);
      const std::int64_t empty = name == "kurt" ? -3 : 0;
      const bool is_sum = name == "sum";
      found.write = writer<FieldSums>([=, print = aggregate.print](Cell& cell, const FieldSums& state) {
        if (state) return print(cell, *state);
        if (is_sum) return cell.out.natural(0);
        cell.none(empty);
      });
      return found;
    }
    return std::nullopt;
  }

  Column quantile_column(int percentage) const {
    Column found = column(percentage == 50 ? "median of" : fmt::format("{} % quantile of", percentage), true,
                          &make_field_numbers);
    found.write = writer<FieldNumbers>([percentage](Cell& cell, const FieldNumbers& numbers) {
      if (numbers.empty()) return cell.none();
      print(cell, quantile(numbers, percentage));
    });
    return found;
  }

  const FieldSpec& spec_;
  const std::string argument_;
  const bool gaps_;
  std::string name_;
};

}  // namespace

std::vector<Column> field_columns(const FeatureSettings& settings) {
  std::vector<Column> columns;
  for (const std::string& text : settings.fields) {
    const FieldSpec spec = parse_field_spec(text);
    const std::vector<std::string> names = column_names(spec);
    ColumnMaker maker(spec);
    for (std::size_t i = 0; i < names.size(); ++i) {
      columns.push_back(maker.make(spec.aggregates[i], names[i]));
      columns.back().one_tshark = field_has(spec.field, field_trait::of_tshark);
    }
  }
  return columns;
}

}  // namespace flowmeter
