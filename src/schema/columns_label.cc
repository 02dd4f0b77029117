#include "schema/groups.h"
#include "schema/labeller.h"

namespace flowmeter {

std::vector<Column> label_columns(const FeatureSettings& settings) {
  if (!settings.labeller) return {};
  // The rules look at the flow, and at columns of their own choice.
  Column column{
      "label", "-",     "label of the first rule (--labels) that takes the flow",
      {},      nullptr, [labeller = settings.labeller](Cell& cell) { cell.out.text(labeller->label(cell)); }};
  column.kind = ValueKind::text;
  return {column};
}

}  // namespace flowmeter
