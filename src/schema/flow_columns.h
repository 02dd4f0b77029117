#pragma once

#include <memory>
#include <string>
#include <vector>

#include "flow/flow.h"
#include "schema/flow_writer.h"
#include "schema/meter.h"

namespace flowmeter {

/// The columns of the registry that a run prints, and the states of flows that they need.
class FlowColumns {
 public:
  /// Throws UsageError for an unknown column, and for one that was not recorded in the parts that are read.
  explicit FlowColumns(const MeterOptions& options);
  FlowColumns(const FlowColumns&) = delete;
  FlowColumns& operator=(const FlowColumns&) = delete;

  /// Those that are printed, and those that labels depend on.
  [[nodiscard]] const std::vector<NamedColumn>& used() const noexcept { return used_; }

  /// The tshark fields that they, the flows and every packet need.
  [[nodiscard]] const FieldSet& fields() const noexcept { return fields_; }

  [[nodiscard]] std::vector<std::string> header() const { return columns_.names(); }
  [[nodiscard]] const AccumulatorSet& accumulators() const noexcept { return columns_.accumulators(); }

  /// Whether stream numbers are printed.
  [[nodiscard]] bool prints_streams() const;

  /// A column that prints that state; empty if there is none.
  [[nodiscard]] std::string column_of(const AccumulatorKind& kind) const;

  /// What prints flows with these states as rows. `input` as for MeterFactory; `out` and this outlive it.
  [[nodiscard]] std::unique_ptr<FlowSink> make_sink(const std::string& input, RowWriter& out) const;

  /// See MeterPlan.
  [[nodiscard]] std::vector<std::string> remarks() const;

 private:
  void refuse_unrecorded(const std::vector<NamedColumn>& recorded) const;

  const FeatureSettings features_;
  const ColumnRegistry registry_;
  const std::vector<NamedColumn> chosen_, used_;
  FieldSet fields_;
  ColumnPlan columns_;
};

/// The columns that the options choose, of that registry, which was made with the options' settings.
/// Throws UsageError for an unknown schema or column.
[[nodiscard]] std::vector<NamedColumn> chosen_columns(const MeterOptions& options,
                                                      const ColumnRegistry& registry);

}  // namespace flowmeter
