#pragma once

#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "flow/field_samples.h"
#include "flow/state_decimal.h"
#include "stats/decimal_sums.h"

namespace flowmeter {

// What flows keep of a field's values in the packets of a side. The argument of their kinds is
// field_argument(); states of gaps have a clock behind them, see GapsState.

/// How often.
struct FieldCounts {
  std::uint64_t packets = 0;      ///< with the field
  std::uint64_t occurrences = 0;  ///< in all of them

  static constexpr auto members() { return std::tuple(&FieldCounts::packets, &FieldCounts::occurrences); }
};
[[nodiscard]] std::unique_ptr<Accumulator> make_field_counts(AccumulatorContext& context);

/// The first and the last value.
struct FieldEnds {
  std::string first, last;
  bool any = false;

  static constexpr auto members() { return std::tuple(&FieldEnds::first, &FieldEnds::last, &FieldEnds::any); }
};
[[nodiscard]] std::unique_ptr<Accumulator> make_field_ends(AccumulatorContext& context);

/// Power sums of the values that are numbers; null before the first of them. (Its integers want a better
/// alignment than states of flows have.)
using FieldSums = std::unique_ptr<DecimalSums>;
[[nodiscard]] std::unique_ptr<Accumulator> make_field_sums(AccumulatorContext& context);

/// All values that are numbers, in the order of the packets.
using FieldNumbers = std::vector<Decimal>;
[[nodiscard]] std::unique_ptr<Accumulator> make_field_numbers(AccumulatorContext& context);

/// The distinct values.
struct FieldTexts {
  struct Seen {
    std::uint64_t count = 0;
    std::uint64_t order = 0;  ///< of its first occurrence among the distinct ones
  };
  std::unordered_map<std::string, Seen> seen;

  /// Counts a value, or several.
  void add(std::string_view text, std::uint64_t count = 1);

  /// All of them with their counts, in the order of their first occurrences.
  using Listed = std::vector<std::pair<std::string, std::uint64_t>>;
  [[nodiscard]] Listed listed() const;
};
[[nodiscard]] std::unique_ptr<Accumulator> make_field_texts(AccumulatorContext& context);

/// The first values, as many as a cell lists.
using FieldList = std::vector<std::string>;
[[nodiscard]] std::unique_ptr<Accumulator> make_field_list(AccumulatorContext& context);

/// A state of gaps.
template <class State>
struct GapsState {
  State kept;
  GapClock clock;
};

}  // namespace flowmeter
