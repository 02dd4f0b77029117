#pragma once

#include <functional>
#include <string>
#include <vector>

#include "flow/flow.h"
#include "sink/row_writer.h"
#include "stats/moments.h"

namespace flowmeter {

/// Moments of the distributions in a row, computed once for the columns that share them.
class MomentsMemo {
 public:
  template <class Dist>
  const Moments& of(const Dist& distribution) {
    for (const Entry& entry : entries_) {
      if (entry.of == &distribution) return entry.moments;
    }
    return entries_.emplace_back(Entry{&distribution, moments(distribution)}).moments;
  }

  /// Must be called between two rows.
  void clear() noexcept { entries_.clear(); }

 private:
  struct Entry {
    const void* of;
    Moments moments;
  };
  std::vector<Entry> entries_;
};

/// What a column prints a cell with.
struct Cell {
  const Flow& flow;
  const std::byte* state;  ///< of the column's accumulator
  RowWriter& out;
  MomentsMemo& memo;

  /// The accumulator's state by its type, which the column must know.
  template <class State>
  [[nodiscard]] const State& as() const noexcept {
    return *std::launder(reinterpret_cast<const State*>(state));
  }
};

/// One column that rows may have: the only place that knows its name, meaning and origin. The driver,
/// the help, the README's table and the completions read it from the registry.
struct Column {
  std::string name;
  std::string unit;                 ///< "s", "byte", "packet", or "-"
  std::string description;          ///< one line
  std::vector<std::string> fields;  ///< the tshark fields that it is computed from
  AccumulatorFactory accumulator;   ///< whose state it prints; null if the Flow itself is enough
  std::function<void(Cell&)> write; ///< prints exactly one cell
};

/// All columns there are, by groups, in the order of the default schema.
[[nodiscard]] const std::vector<Column>& column_registry();

/// The column of that name, or null.
[[nodiscard]] const Column* find_column(std::string_view name);

}  // namespace flowmeter
