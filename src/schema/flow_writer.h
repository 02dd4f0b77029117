#pragma once

#include <string>
#include <vector>

#include "flow/flow.h"
#include "schema/column.h"

namespace flowmeter {

/// The columns that a run prints, with the accumulators that they need.
class ColumnPlan {
 public:
  /// `columns` are of the registry. Adds the tshark fields that they need to `fields`.
  ColumnPlan(const std::vector<const Column*>& columns, FieldSet& fields,
             const FeatureSettings& settings = {});

  [[nodiscard]] const AccumulatorSet& accumulators() const noexcept { return accumulators_; }
  [[nodiscard]] std::vector<std::string> names() const;

  /// Prints the flow as a row.
  void write(const Flow& flow, RowWriter& out) const;

 private:
  struct Bound {
    const Column* column;
    std::size_t offset;  // of the accumulator's state
  };

  std::vector<Bound> columns_;
  AccumulatorSet accumulators_;
  mutable MomentsMemo memo_;
};

/// Prints finished flows as rows.
class FlowWriter final : public FlowSink {
 public:
  /// Both outlive the writer.
  FlowWriter(const ColumnPlan& plan, RowWriter& out) : plan_(plan), out_(out) {}

  void on_flow(const Flow& flow, EndReason /*reason*/) override { plan_.write(flow, out_); }

 private:
  const ColumnPlan& plan_;
  RowWriter& out_;
};

}  // namespace flowmeter
