#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "packet/decoder.h"
#include "schema/groups.h"
#include "schema/pyflowmeter.h"

namespace flowmeter {
namespace {

void refuse_what_it_lacks(const MeterOptions& options) {
  const MeterOptions plain;
  const char* option = nullptr;
  if (!options.columns.empty()) option = "--columns";
  if (options.drop_ids) option = "--drop-ids";
  if (options.tcp_idle_timeout != options.udp_idle_timeout) option = "a time-out for each protocol";
  if (options.active_timeout) option = "--active-timeout";
  if (options.close_linger) option = "--end-on";
  if (options.most_flows != 0) option = "--max-flows";
  if (options.transports != plain.transports) option = "--transport";
  if (options.direction != plain.direction) option = "--direction";
  if (options.clock != plain.clock) option = "--clock";
  if (options.tunnel != plain.tunnel) option = "--tunnel";
  if (options.features.size != plain.features.size) option = "--size";
  if (options.features.na) option = "--na";
  if (options.features.cid_seed != plain.features.cid_seed) option = "--cid-seed";
  if (options.features.time_digits != plain.features.time_digits) option = "--time-digits";
  if (options.features.splt_packets != 0) option = "--splt";
  if (options.features.anonymizer) option = "--anonymize";
  if (!options.features.fields.empty()) option = "--field";
  if (options.features.labeller) option = "--labels";
  if (option == nullptr) return;
  throw UsageError(fmt::format("{} cannot be combined with --schema {}, whose columns are fixed", option,
                               pyflowmeter_schema));
}

class PyFlowMeterMeter final : public Meter {
 public:
  PyFlowMeterMeter(const FieldSet& fields, Seconds timeout, RowWriter& out) : table_(fields, timeout, out) {}
  PacketObserver& observer() noexcept override { return table_; }
  const FlowCounters& counters() const noexcept override { return table_; }

 private:
  PyFlowMeterTable table_;
};

}  // namespace

void plan_pyflowmeter(const MeterOptions& options, MeterPlan& plan) {
  refuse_what_it_lacks(options);
  PacketDecoder::add_fields(plan.fields);
  PyFlowMeterTable::add_fields(plan.fields);
  plan.required = PyFlowMeterTable::required_fields();
  plan.header = PyFlowMeterTable::header();
  plan.uses = {
      {"tcp.len", "fwd_tot_byte"}, {"tcp.time_relative", "duration"}, {"tcp.time_delta", "fwd_iat_mean"}};
  for (const Column& column : flowmeter_columns({})) {
    for (const std::string& field : column.fields) plan.uses.emplace(field, column.name);
  }
  plan.whole_protocols = true;
  plan.applications = true;
  plan.make = [fields = plan.fields, timeout = options.tcp_idle_timeout](const std::string& /*input*/,
                                                                         RowWriter& out) {
    return std::make_unique<PyFlowMeterMeter>(fields, timeout, out);
  };
}

std::vector<DescribedColumn> pyflowmeter_columns(const MeterOptions& options) {
  const MeterPlan plan = make_plan(options);
  std::vector<DescribedColumn> described;
  for (Column& column : flowmeter_columns(options.features)) {
    column.group = options.schema;
    column.description += ", as PyFlowMeter computes it (see doc/differences.md)";
    column.fields = plan.fields.names();
    described.push_back({column.name, std::move(column)});
  }
  return described;
}

}  // namespace flowmeter
