#include "schema/meter.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string_view>

#include "flow/flow_table.h"
#include "schema/flow_columns.h"
#include "schema/pyflowmeter.h"

namespace flowmeter {
namespace {

std::chrono::nanoseconds to_nanoseconds(Seconds time) {
  constexpr double most = 9.2e18;  // some 292 years: no time-out at all
  const double ns = time.count() * 1e9;
  return std::chrono::nanoseconds(ns >= most ? std::numeric_limits<std::int64_t>::max() : std::llround(ns));
}

FlowPolicy flow_policy(const MeterOptions& options) {
  FlowPolicy policy;
  policy.tcp_idle_timeout = to_nanoseconds(options.tcp_idle_timeout);
  policy.udp_idle_timeout = to_nanoseconds(options.udp_idle_timeout);
  policy.sctp_idle_timeout = to_nanoseconds(options.sctp_idle_timeout);
  policy.dccp_idle_timeout = to_nanoseconds(options.dccp_idle_timeout);
  policy.icmp_idle_timeout = to_nanoseconds(options.icmp_idle_timeout);
  if (options.active_timeout) policy.active_timeout = to_nanoseconds(*options.active_timeout);
  if (options.close_linger) policy.close_linger = to_nanoseconds(*options.close_linger);
  policy.most_flows = options.most_flows;
  policy.direction = options.direction;
  policy.clock = options.clock;
  return policy;
}

/// What every header of its kind has: a stream in which it is nowhere was written without it.
constexpr std::array<std::string_view, 15> header_fields = {
    "ip.len",      "ip.ttl",    "ip.id",       "ip.flags",        "ip.dsfield.dscp",
    "ipv6.plen",   "ipv6.hlim", "tcp.seq_raw", "tcp.ack_raw",     "ipv6.tclass.dscp",
    "tcp.hdr_len", "tcp.len",   "udp.length",  "tcp.window_size", "tcp.window_size_value"};

std::vector<std::string> required_of(const FieldSet& fields) {
  std::vector<std::string> required;
  for (const std::string& field : fields.names()) {
    if (std::find(header_fields.begin(), header_fields.end(), field) != header_fields.end()) {
      required.push_back(field);
    }
  }
  return required;
}

/// A flow table whose flows become rows.
class TableMeter final : public Meter {
 public:
  TableMeter(const FlowPolicy& policy, std::shared_ptr<const FlowColumns> columns, const std::string& input,
             RowWriter& out)
      : columns_(std::move(columns)),
        writer_(columns_->make_sink(input, out)),
        table_(policy, columns_->accumulators(), *writer_) {}
  PacketObserver& observer() noexcept override { return table_; }
  const FlowCounters& counters() const noexcept override { return table_; }

 private:
  const std::shared_ptr<const FlowColumns> columns_;
  const std::unique_ptr<FlowSink> writer_;
  FlowTable table_;
};

/// What the column needs.
void add_column(MeterPlan& plan, const NamedColumn& named) {
  const Column& column = *named.column;
  plan.one_tshark |= column.one_tshark;
  plan.whole_protocols |= column.whole_protocols;
  for (const std::string& field : column.fields) {
    plan.uses.emplace(field, named.name);
    if (column.origin == FieldOrigin::named) plan.named.add(field);
    if (column.origin == FieldOrigin::optional) plan.optional.add(field);
  }
}

/// Rows of registry columns, out of the flow table.
void plan_columns(const MeterOptions& options, MeterPlan& plan) {
  const auto columns = std::make_shared<const FlowColumns>(options);
  plan.fields = columns->fields();
  plan.required = required_of(plan.fields);
  plan.header = columns->header();
  for (const NamedColumn& named : columns->used()) add_column(plan, named);
  plan.ranks_streams = columns->prints_streams();
  plan.make = [policy = plan.policy, columns](const std::string& input, RowWriter& out) {
    return std::make_unique<TableMeter>(policy, columns, input, out);
  };
  plan.columns = columns;
}

}  // namespace

std::vector<std::string> MeterPlan::remarks() const {
  return columns ? columns->remarks() : std::vector<std::string>{};
}

MeterPlan make_plan(const MeterOptions& options) {
  MeterPlan plan;
  plan.policy = flow_policy(options);
  plan.transports = options.transports;
  plan.tunnel = options.tunnel;
  if (options.schema == pyflowmeter_schema) {
    plan_pyflowmeter(options, plan);
  } else {
    plan_columns(options, plan);
  }
  return plan;
}

std::vector<DescribedColumn> described_columns(const MeterOptions& options, bool all) {
  if (options.schema == pyflowmeter_schema) return pyflowmeter_columns(options);
  const ColumnRegistry registry(options.features);
  std::vector<DescribedColumn> described;
  if (all) {
    for (const Column& column : registry.columns()) described.push_back({column.name, column});
  } else {
    for (const auto& [name, column] : chosen_columns(options, registry)) described.push_back({name, *column});
  }
  return described;
}

}  // namespace flowmeter
