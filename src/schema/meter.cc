#include "schema/meter.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "base/suggest.h"
#include "packet/decoder.h"
#include "schema/pyflowmeter.h"

namespace flowmeter {
namespace {

std::vector<const Column*> standard_columns() {
  std::vector<const Column*> columns;
  for (const Column& column : column_registry()) columns.push_back(&column);
  return columns;
}

const Column& require_column(std::string_view name) {
  if (const Column* column = find_column(name)) return *column;
  std::vector<std::string> names;
  for (const Column& column : column_registry()) names.push_back(column.name);
  throw UsageError(fmt::format("there is no column \"{}\"{} (see --list-columns)", name,
                               did_you_mean(name, names)));
}

std::chrono::nanoseconds to_nanoseconds(std::chrono::duration<double> time) {
  constexpr double most = 9.2e18;  // some 292 years: no time-out at all
  const double ns = time.count() * 1e9;
  return std::chrono::nanoseconds(
      ns >= most ? std::numeric_limits<std::int64_t>::max() : std::llround(ns));
}

/// Rows of registry columns, out of the flow table.
class ColumnMeterPlan final : public MeterPlan {
 public:
  ColumnMeterPlan(const std::vector<const Column*>& columns, const FlowPolicy& policy)
      : chosen_(columns), policy_(policy), columns_(columns, with_base(fields_)) {
    for (const Column* column : columns) {
      for (const std::string& field : column->fields) fields_.add(field);
    }
  }

  const FieldSet& fields() const noexcept override { return fields_; }
  std::vector<std::string> required_fields() const override { return {}; }
  std::vector<std::string> header() const override { return columns_.names(); }
  FlowPolicy policy() const override { return policy_; }

  std::string column_of(std::string_view field) const override {
    for (const Column* column : chosen_) {
      const auto& needs = column->fields;
      if (std::find(needs.begin(), needs.end(), field) != needs.end()) return column->name;
    }
    return {};
  }

  std::unique_ptr<Meter> make(RowWriter& out) const override {
    return std::make_unique<TableMeter>(policy_, columns_, out);
  }

 private:
  class TableMeter final : public Meter {
   public:
    TableMeter(const FlowPolicy& policy, const ColumnPlan& columns, RowWriter& out)
        : writer_(columns, out), table_(policy, columns.accumulators(), writer_) {}
    PacketObserver& observer() noexcept override { return table_; }
    const FlowCounters& counters() const noexcept override { return table_; }

   private:
    FlowWriter writer_;
    FlowTable table_;
  };

  static FieldSet& with_base(FieldSet& fields) {
    PacketDecoder::add_fields(fields);
    return fields;
  }

  std::vector<const Column*> chosen_;
  FlowPolicy policy_;
  FieldSet fields_;
  ColumnPlan columns_;
};

class PyFlowMeterPlan final : public MeterPlan {
 public:
  explicit PyFlowMeterPlan(std::chrono::duration<double> timeout) : timeout_(timeout) {
    PacketDecoder::add_fields(fields_);
    PyFlowMeterTable::add_fields(fields_);
  }

  const FieldSet& fields() const noexcept override { return fields_; }
  std::vector<std::string> required_fields() const override {
    return PyFlowMeterTable::required_fields();
  }
  std::vector<std::string> header() const override { return PyFlowMeterTable::header(); }
  FlowPolicy policy() const override {
    FlowPolicy policy;
    policy.idle_timeout = to_nanoseconds(timeout_);
    return policy;
  }

  std::string column_of(std::string_view field) const override {
    if (field == "tcp.len") return "fwd_tot_byte";
    if (field == "tcp.time_relative") return "duration";
    if (field == "tcp.time_delta") return "fwd_iat_mean";
    const auto& all = column_registry();
    const auto found = std::find_if(all.begin(), all.end(), [&](const Column& column) {
      return std::find(column.fields.begin(), column.fields.end(), field) != column.fields.end();
    });
    return found == all.end() ? std::string{} : found->name;
  }

  std::unique_ptr<Meter> make(RowWriter& out) const override {
    return std::make_unique<PyFlowMeterMeter>(fields_, timeout_, out);
  }

 private:
  class PyFlowMeterMeter final : public Meter {
   public:
    PyFlowMeterMeter(const FieldSet& fields, std::chrono::duration<double> timeout, RowWriter& out)
        : table_(fields, timeout, out) {}
    PacketObserver& observer() noexcept override { return table_; }
    const FlowCounters& counters() const noexcept override { return table_; }

   private:
    PyFlowMeterTable table_;
  };

  std::chrono::duration<double> timeout_;
  FieldSet fields_;
};

}  // namespace

const std::vector<std::string>& schema_names() {
  static const std::vector<std::string> names{"flowmeter", "pyflowmeter"};
  return names;
}

std::vector<const Column*> select_columns(std::string_view list,
                                          const std::vector<const Column*>& standard) {
  std::vector<const Column*> columns;
  bool first = true, more = true;
  while (more) {
    const std::size_t comma = list.find(',');
    more = comma != std::string_view::npos;
    std::string_view word = list.substr(0, comma);
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
    const char sign = word.empty() ? '\0' : word.front();
    const bool relative = sign == '+' || sign == '-';
    if (relative) word.remove_prefix(1);
    if (first && relative) columns = standard;
    first = false;
    const Column* column = &require_column(word);
    const auto found = std::find(columns.begin(), columns.end(), column);
    if (sign == '-') {
      if (found == columns.end()) {
        throw UsageError(fmt::format("column \"{}\" cannot be dropped, it was not chosen", word));
      }
      columns.erase(found);
    } else {
      if (found != columns.end()) {
        throw UsageError(fmt::format("column \"{}\" is chosen twice", word));
      }
      columns.push_back(column);
    }
  }
  if (columns.empty()) throw UsageError("no column is left");
  return columns;
}

std::unique_ptr<MeterPlan> make_plan(const MeterOptions& options) {
  if (options.schema == "pyflowmeter") {
    if (!options.columns.empty()) {
      throw UsageError("--columns does not go with --schema pyflowmeter, whose columns are fixed");
    }
    return std::make_unique<PyFlowMeterPlan>(options.idle_timeout);
  }
  if (options.schema != "flowmeter") {
    throw UsageError(fmt::format("there is no schema \"{}\"{} (there are: {})", options.schema,
                                 did_you_mean(options.schema, schema_names()),
                                 fmt::join(schema_names(), ", ")));
  }
  FlowPolicy policy;
  policy.idle_timeout = to_nanoseconds(options.idle_timeout);
  const auto standard = standard_columns();
  return std::make_unique<ColumnMeterPlan>(
      options.columns.empty() ? standard : select_columns(options.columns, standard), policy);
}

}  // namespace flowmeter
