#include "schema/flow_writer.h"

namespace flowmeter {

ColumnPlan::ColumnPlan(const std::vector<const Column*>& columns, FieldSet& fields,
                       const FeatureSettings& settings) {
  AccumulatorContext context{fields, settings};
  for (const Column* column : columns) {
    std::size_t offset = 0;
    if (column->accumulator != nullptr) offset = accumulators_.add(column->accumulator, context);
    columns_.push_back({column, offset});
  }
}

std::vector<std::string> ColumnPlan::names() const {
  std::vector<std::string> names;
  for (const Bound& bound : columns_) names.push_back(bound.column->name);
  return names;
}

void ColumnPlan::write(const Flow& flow, RowWriter& out) const {
  memo_.clear();
  for (const Bound& bound : columns_) {
    Cell cell{flow, flow.states() + bound.offset, out, memo_};
    bound.column->write(cell);
  }
  out.end_row();
}

}  // namespace flowmeter
