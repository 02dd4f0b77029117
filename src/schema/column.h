#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/anonymizer.h"
#include "flow/flow.h"
#include "flow/settings.h"
#include "schema/value_kind.h"
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

/// What the columns of a row share beyond the flow.
struct RowContext {
  const FeatureSettings& settings;
  std::string_view input;  ///< the input's name as it was given; "-" for standard input
  EndReason reason;        ///< why the flow ended
  std::uint64_t number;    ///< rows of the input before this one

  /// An address as it may be shown: every column that prints one, or something made of one, takes it
  /// from here.
  template <class Address>
  [[nodiscard]] Address shown(const Address& address) const {
    return settings.anonymizer ? settings.anonymizer->anonymize(address) : address;
  }
};

class ColumnPlan;

/// What a column prints a cell with.
struct Cell {
  const Flow& flow;
  const std::byte* state;  ///< of the column's accumulator
  RowWriter& out;
  MomentsMemo& memo;
  const RowContext& row;
  const ColumnPlan* plan = nullptr;  ///< the row's, for a column that looks at others

  /// The flow's source and destination as they may be shown.
  [[nodiscard]] Endpoint source() const { return {row.shown(flow.source.address), flow.source.port}; }
  [[nodiscard]] Endpoint destination() const {
    return {row.shown(flow.destination.address), flow.destination.port};
  }

  /// Prints the cell of a statistic that has no sample: `value`, unless the run has another word for it.
  void none(std::int64_t value = 0) {
    if (row.settings.na) {
      out.none(*row.settings.na);
    } else {
      out.integer(value);
    }
  }

  /// The accumulator's state by its type, which the column must know.
  template <class State>
  [[nodiscard]] const State& as() const noexcept {
    return *std::launder(reinterpret_cast<const State*>(state));
  }
};

/// Which tsharks have the fields of a column.
enum class FieldOrigin : std::uint8_t {
  standard,  ///< all that are taken
  optional,  ///< not all of them; without them the column is empty
  named,     ///< the user has named them, and wants to know if tshark has no such field
};

/// One column that rows may have: the only place that knows its name, meaning and origin. The driver,
/// the help, the documentation's tables and the completions read it from the registry.
struct Column {
  std::string name;
  std::string unit;                  ///< "s", "byte", "packet", or "-"
  std::string description;           ///< one line
  std::vector<std::string> fields;   ///< the tshark fields that it is computed from
  AccumulatorKind accumulator;       ///< whose state it prints; none if the Flow itself is enough
  std::function<void(Cell&)> write;  ///< prints exactly one cell
  bool identifies = false;           ///< tells who took part or when: an identity, an address, a time
  FieldOrigin origin = FieldOrigin::standard;
  std::string group{};         ///< set by the registry
  bool ranks_streams = false;  ///< prints a stream's number: of first appearance, see StreamRanks
  bool one_tshark = false;     ///< depends on what a tshark counts or remembers, whatever its fields say
  ValueKind kind = ValueKind::number;
  bool whole_protocols = true;  ///< reads more of frame.protocols than where the transport headers are
};

/// The columns that a run may choose from.
class ColumnRegistry {
 public:
  /// Some groups depend on the settings.
  explicit ColumnRegistry(const FeatureSettings& settings);

  /// All of them, group by group, each group in its own order.
  [[nodiscard]] const std::vector<Column>& columns() const noexcept { return columns_; }

  /// The column of that name, or null.
  [[nodiscard]] const Column* find(std::string_view name) const noexcept;

  /// The columns of that group; none if there is no such group.
  [[nodiscard]] std::vector<const Column*> group(std::string_view name) const;

  /// Names of the groups, in order.
  [[nodiscard]] const std::vector<std::string>& groups() const noexcept { return groups_; }

 private:
  using Group = std::vector<Column>;

  void add(const char* name, Group group);

  std::vector<Column> columns_;
  std::vector<std::string> groups_;
};

}  // namespace flowmeter
