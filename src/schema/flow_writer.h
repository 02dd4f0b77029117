#pragma once

#include <string>
#include <vector>

#include "flow/flow.h"
#include "schema/selection.h"

namespace flowmeter {

/// The columns that a run prints, with the accumulators that they need.
class ColumnPlan {
 public:
  /// The columns and the settings outlive the plan. Adds the tshark fields that the accumulators need
  /// to `fields`.
  ColumnPlan(const std::vector<NamedColumn>& columns, FieldSet& fields, const FeatureSettings& settings);

  /// Keeps that state for each flow as well, though no column prints it.
  void keep(const AccumulatorKind& kind, FieldSet& fields) { accumulators_.add(kind, {fields, settings_}); }

  [[nodiscard]] const AccumulatorSet& accumulators() const noexcept { return accumulators_; }
  [[nodiscard]] std::vector<std::string> names() const;

  /// Prints a column of the cell's row, which need not be one of the plan's, to `out`.
  /// The plan keeps its accumulator.
  void print(const Column& column, const Cell& of, RowWriter& out) const;

  /// Prints the flow as a row.
  void write(const Flow& flow, const RowContext& row, RowWriter& out) const;

  [[nodiscard]] const FeatureSettings& settings() const noexcept { return settings_; }

 private:
  struct Bound {
    NamedColumn named;
    std::size_t offset;  // of the accumulator's state
  };

  const FeatureSettings& settings_;
  std::vector<Bound> columns_;
  AccumulatorSet accumulators_;
  mutable MomentsMemo memo_;
};

/// Prints finished flows as rows.
class FlowWriter final : public FlowSink {
 public:
  /// `input`: see RowContext. The plan and `out` outlive the writer.
  FlowWriter(const ColumnPlan& plan, std::string input, RowWriter& out)
      : plan_(plan), input_(std::move(input)), out_(out) {}

  void on_flow(const Flow& flow, EndReason reason) override {
    plan_.write(flow, {plan_.settings(), input_, reason, rows_++}, out_);
  }

 private:
  const ColumnPlan& plan_;
  const std::string input_;
  RowWriter& out_;
  std::uint64_t rows_ = 0;
};

}  // namespace flowmeter
