#include "schema/flow_columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/error.h"
#include "base/report.h"
#include "flow/accumulators.h"
#include "flow/part_edge.h"
#include "packet/decoder.h"
#include "schema/labeller.h"
#include "schema/schemas.h"

namespace flowmeter {
namespace {

/// How many values of which field could not be used. Several accumulators of a field saw the same values.
std::vector<std::string> unused_remarks(const std::vector<const UnusedValues*>& all) {
  std::map<std::string, UnusedValues> by_field;
  for (const UnusedValues* unused : all) {
    UnusedValues& sum = by_field[unused->field];
    if (sum.example.empty()) sum.example = unused->example;
    for (const std::size_t way : {0U, 1U}) sum.count[way] = std::max(sum.count[way], unused->count[way]);
  }
  std::vector<std::string> remarks;
  for (const auto& [field, unused] : by_field) {
    const std::uint64_t count = unused.count[0] + unused.count[1];
    if (count == 0) continue;
    remarks.push_back(fmt::format(
        "{} value{} of {} {} not numeric and left out of its statistics, for example \"{:.40}\"", count,
        count == 1 ? "" : "s", field, count == 1 ? "is" : "are", printable(unused.example)));
  }
  return remarks;
}

/// The columns that are printed, and those that labels depend on.
std::vector<NamedColumn> with_label_columns(std::vector<NamedColumn> columns, const ColumnRegistry& registry,
                                            const FeatureSettings& features) {
  if (!features.labeller) return columns;
  features.labeller->bind(registry, features);
  for (const Column* column : features.labeller->columns()) columns.push_back({column->name, column});
  return columns;
}

std::vector<NamedColumn> recorded_columns(const MeterOptions& options, const ColumnRegistry& registry) {
  if (!options.recorded) return {};
  MeterOptions recorded = options;
  recorded.schema = options.recorded->schema;
  recorded.columns = options.recorded->columns;
  recorded.drop_ids = false;
  return chosen_columns(recorded, registry);
}

FieldSet base_fields(TransportSet transports) {
  FieldSet fields;
  PacketDecoder::add_fields(fields, transports);
  return fields;
}

}  // namespace

FlowColumns::FlowColumns(const MeterOptions& options)
    : features_(options.features),
      registry_(features_),
      chosen_(chosen_columns(options, registry_)),
      used_(with_label_columns(chosen_, registry_, features_)),
      fields_(base_fields(options.transports)),
      columns_(chosen_, fields_, features_) {
  const std::vector<NamedColumn> recorded = recorded_columns(options, registry_);
  if (options.active_timeout) columns_.keep(&make_start, fields_);
  if (options.close_linger) columns_.keep(&make_close, fields_);
  for (const auto* columns : {&used_, &recorded}) {
    for (const NamedColumn& named : *columns) {
      const AccumulatorKind& kind = named.column->accumulator;
      if (kind.factory != nullptr) columns_.keep(kind, fields_);
      for (const std::string& field : named.column->fields) fields_.add(field);
    }
  }
  if (features_.parts) columns_.keep(&make_part_edge, fields_);
  if (options.recorded) refuse_unrecorded(recorded);
}

void FlowColumns::refuse_unrecorded(const std::vector<NamedColumn>& recorded) const {
  for (const NamedColumn& named : used_) {
    const AccumulatorKind& kind = named.column->accumulator;
    const bool known = std::any_of(recorded.begin(), recorded.end(),
                                   [&](const NamedColumn& one) { return one.column->accumulator == kind; });
    if (kind.factory == nullptr || known) continue;
    throw UsageError(
        fmt::format("column {} was not recorded in the parts: add it to --columns when flowmeter "
                    "--partial writes them",
                    named.name));
  }
}

bool FlowColumns::prints_streams() const {
  return std::any_of(chosen_.begin(), chosen_.end(),
                     [](const NamedColumn& named) { return named.column->ranks_streams; });
}

std::string FlowColumns::column_of(const AccumulatorKind& kind) const {
  const auto found = std::find_if(used_.begin(), used_.end(), [&](const NamedColumn& named) {
    return named.column->accumulator == kind;
  });
  return found == used_.end() ? std::string{} : found->name;
}

std::unique_ptr<FlowSink> FlowColumns::make_sink(const std::string& input, RowWriter& out) const {
  return std::make_unique<FlowWriter>(columns_, input, out);
}

std::vector<std::string> FlowColumns::remarks() const {
  std::vector<std::string> remarks = unused_remarks(accumulators().unused());
  if (features_.labeller) {
    if (std::string unmatched = features_.labeller->unmatched(); !unmatched.empty()) {
      remarks.push_back(std::move(unmatched));
    }
  }
  return remarks;
}

std::vector<NamedColumn> chosen_columns(const MeterOptions& options, const ColumnRegistry& registry) {
  auto columns = schema_columns(options.schema, registry);
  for (const NamedColumn& made : made_columns(registry)) {
    const bool there = std::any_of(columns.begin(), columns.end(),
                                   [&](const NamedColumn& named) { return named.column == made.column; });
    if (!there) columns.push_back(made);
  }
  if (!options.columns.empty()) return select_columns(options.columns, registry, columns, options.drop_ids);
  if (options.drop_ids) {
    std::erase_if(columns, [](const NamedColumn& named) { return named.column->identifies; });
  }
  if (columns.empty()) throw UsageError("no columns are left to write");
  return columns;
}

}  // namespace flowmeter
