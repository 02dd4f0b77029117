#include "schema/flow_writer.h"

namespace flowmeter {

ColumnPlan::ColumnPlan(const std::vector<NamedColumn>& columns, FieldSet& fields,
                       const FeatureSettings& settings)
    : settings_(settings) {
  for (const NamedColumn& named : columns) {
    const AccumulatorKind& kind = named.column->accumulator;
    const bool stateful = kind.factory != nullptr;
    columns_.push_back({named, stateful ? accumulators_.add(kind, {fields, settings}) : 0});
  }
}

std::vector<std::string> ColumnPlan::names() const {
  std::vector<std::string> names;
  for (const Bound& bound : columns_) names.push_back(bound.named.name);
  return names;
}

void ColumnPlan::write(const Flow& flow, const RowContext& row, RowWriter& out) const {
  memo_.clear();
  for (const Bound& bound : columns_) {
    Cell cell{flow, flow.states() + bound.offset, out, memo_, row};
    bound.named.column->write(cell);
  }
  out.end_row();
}

}  // namespace flowmeter
