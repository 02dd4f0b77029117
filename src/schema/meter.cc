#include "schema/meter.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <string_view>

#include "base/error.h"
#include "base/report.h"
#include "flow/accumulators.h"
#include "flow/flow_table.h"
#include "flow/part_edge.h"
#include "schema/groups.h"
#include "schema/labeller.h"
#include "schema/pyflowmeter.h"
#include "schema/schemas.h"

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

/// How many values of which field could not be used. Several accumulators of a field saw the same values.
std::vector<std::string> unused_remarks(const std::vector<const UnusedValues*>& all) {
  std::map<std::string, UnusedValues> by_field;
  for (const UnusedValues* unused : all) {
    UnusedValues& sum = by_field[unused->field];
    if (sum.example.empty()) sum.example = unused->example;
    for (const Direction way : directions) sum.count[way] = std::max(sum.count[way], unused->count[way]);
  }
  std::vector<std::string> remarks;
  for (const auto& [field, unused] : by_field) {
    const std::uint64_t count = unused.count[Direction::forward] + unused.count[Direction::backward];
    if (count == 0) continue;
    remarks.push_back(fmt::format(
        "{} value{} of {} {} not numeric and left out of its statistics, for example \"{:.40}\"", count,
        count == 1 ? "" : "s", field, count == 1 ? "is" : "are", printable(unused.example)));
  }
  return remarks;
}

/// Rows of registry columns, out of the flow table.
class ColumnMeterPlan final : public MeterPlan {
 public:
  explicit ColumnMeterPlan(const MeterOptions& options)
      : features_(options.features),
        registry_(features_),
        chosen_(chosen_columns(options, registry_)),
        used_(all_used(chosen_, registry_, features_)),
        recorded_(recorded_columns(options, registry_)),
        policy_(flow_policy(options)),
        tunnel_(options.tunnel),
        transports_(options.transports),
        columns_(chosen_, with_base(fields_, transports_), features_) {
    if (policy_.active_timeout) columns_.keep(&make_start, fields_);
    if (policy_.close_linger) columns_.keep(&make_close, fields_);
    for (const auto* columns : {&used_, &recorded_}) {
      for (const NamedColumn& named : *columns) {
        const AccumulatorKind& kind = named.column->accumulator;
        if (kind.factory != nullptr) columns_.keep(kind, fields_);
        for (const std::string& field : named.column->fields) fields_.add(field);
      }
    }
    if (features_.parts) columns_.keep(&make_part_edge, fields_);
    if (options.recorded) refuse_unrecorded();
  }

  const FieldSet& fields() const noexcept override { return fields_; }
  std::vector<std::string> required_fields() const override {
    std::vector<std::string> fields;
    for (const std::string& field : fields_.names()) {
      if (std::find(header_fields.begin(), header_fields.end(), field) != header_fields.end()) {
        fields.push_back(field);
      }
    }
    return fields;
  }
  std::vector<std::string> header() const override { return columns_.names(); }
  FlowPolicy policy() const override { return policy_; }
  TunnelPolicy tunnel() const override { return tunnel_; }
  TransportSet transports() const override { return transports_; }

  bool ranks_streams() const override {
    return std::any_of(chosen_.begin(), chosen_.end(),
                       [](const NamedColumn& named) { return named.column->ranks_streams; });
  }

  bool needs_one_tshark() const override {
    return std::any_of(used_.begin(), used_.end(),
                       [](const NamedColumn& named) { return named.column->one_tshark; });
  }

  UnsureFields unsure_fields() const override {
    UnsureFields unsure;
    for (const NamedColumn& named : used_) {
      if (named.column->origin == FieldOrigin::standard) continue;
      const bool by_user = named.column->origin == FieldOrigin::named;
      for (const std::string& field : named.column->fields) {
        (by_user ? unsure.named : unsure.optional).add(field);
      }
    }
    return unsure;
  }

  std::vector<std::string> remarks() const override {
    std::vector<std::string> remarks = unused_remarks(columns_.accumulators().unused());
    if (features_.labeller) {
      if (std::string unmatched = features_.labeller->unmatched(); !unmatched.empty()) {
        remarks.push_back(std::move(unmatched));
      }
    }
    return remarks;
  }

  std::string column_of(std::string_view field) const override {
    for (const NamedColumn& named : used_) {
      const auto& needs = named.column->fields;
      if (std::find(needs.begin(), needs.end(), field) != needs.end()) return named.name;
    }
    return {};
  }

  std::string column_of(const AccumulatorKind& kind) const override {
    const auto found = std::find_if(used_.begin(), used_.end(), [&](const NamedColumn& named) {
      return named.column->accumulator == kind;
    });
    return found == used_.end() ? std::string{} : found->name;
  }

  std::unique_ptr<Meter> make(const std::string& input, RowWriter& out) const override {
    return std::make_unique<TableMeter>(policy_, columns_, input, out);
  }

  const AccumulatorSet* accumulators() const noexcept override { return &columns_.accumulators(); }
  std::unique_ptr<FlowSink> make_sink(const std::string& input, RowWriter& out) const override {
    return std::make_unique<FlowWriter>(columns_, input, out);
  }

 private:
  class TableMeter final : public Meter {
   public:
    TableMeter(const FlowPolicy& policy, const ColumnPlan& columns, const std::string& input, RowWriter& out)
        : writer_(columns, input, out), table_(policy, columns.accumulators(), writer_) {}
    PacketObserver& observer() noexcept override { return table_; }
    const FlowCounters& counters() const noexcept override { return table_; }

   private:
    FlowWriter writer_;
    FlowTable table_;
  };

  /// The columns that are printed, and those that labels depend on.
  static std::vector<NamedColumn> all_used(std::vector<NamedColumn> columns, const ColumnRegistry& registry,
                                           const FeatureSettings& features) {
    if (!features.labeller) return columns;
    features.labeller->bind(registry, features);
    for (const Column* column : features.labeller->columns()) columns.push_back({column->name, column});
    return columns;
  }

  static std::vector<NamedColumn> recorded_columns(const MeterOptions& options,
                                                   const ColumnRegistry& registry) {
    if (!options.recorded) return {};
    MeterOptions recorded = options;
    recorded.schema = options.recorded->schema;
    recorded.columns = options.recorded->columns;
    recorded.drop_ids = false;
    return chosen_columns(recorded, registry);
  }

  void refuse_unrecorded() const {
    for (const NamedColumn& named : used_) {
      const AccumulatorKind& kind = named.column->accumulator;
      const bool known = std::any_of(recorded_.begin(), recorded_.end(),
                                     [&](const NamedColumn& one) { return one.column->accumulator == kind; });
      if (kind.factory == nullptr || known) continue;
      throw UsageError(
          fmt::format("column {} was not recorded in the parts: add it to --columns when flowmeter "
                      "--partial writes them",
                      named.name));
    }
  }

  static FieldSet& with_base(FieldSet& fields, TransportSet transports) {
    PacketDecoder::add_fields(fields, transports);
    return fields;
  }

  const FeatureSettings features_;
  const ColumnRegistry registry_;
  const std::vector<NamedColumn> chosen_, used_, recorded_;
  const FlowPolicy policy_;
  const TunnelPolicy tunnel_;
  const TransportSet transports_;
  FieldSet fields_;
  ColumnPlan columns_;
};

class PyFlowMeterPlan final : public MeterPlan {
 public:
  explicit PyFlowMeterPlan(Seconds timeout) : timeout_(timeout) {
    PacketDecoder::add_fields(fields_);
    PyFlowMeterTable::add_fields(fields_);
  }

  const FieldSet& fields() const noexcept override { return fields_; }
  std::vector<std::string> required_fields() const override { return PyFlowMeterTable::required_fields(); }
  std::vector<std::string> header() const override { return PyFlowMeterTable::header(); }
  FlowPolicy policy() const override {
    FlowPolicy policy;
    policy.tcp_idle_timeout = policy.udp_idle_timeout = to_nanoseconds(timeout_);
    return policy;
  }
  TunnelPolicy tunnel() const override { return TunnelPolicy::all; }

  std::string column_of(std::string_view field) const override {
    if (field == "tcp.len") return "fwd_tot_byte";
    if (field == "tcp.time_relative") return "duration";
    if (field == "tcp.time_delta") return "fwd_iat_mean";
    const std::vector<Column> all = flowmeter_columns({});
    const auto found = std::find_if(all.begin(), all.end(), [&](const Column& column) {
      return std::find(column.fields.begin(), column.fields.end(), field) != column.fields.end();
    });
    return found == all.end() ? std::string{} : found->name;
  }

  std::unique_ptr<Meter> make(const std::string& /*input*/, RowWriter& out) const override {
    return std::make_unique<PyFlowMeterMeter>(fields_, timeout_, out);
  }

 private:
  class PyFlowMeterMeter final : public Meter {
   public:
    PyFlowMeterMeter(const FieldSet& fields, Seconds timeout, RowWriter& out)
        : table_(fields, timeout, out) {}
    PacketObserver& observer() noexcept override { return table_; }
    const FlowCounters& counters() const noexcept override { return table_; }

   private:
    PyFlowMeterTable table_;
  };

  Seconds timeout_;
  FieldSet fields_;
};

void refuse_what_pyflowmeter_lacks(const MeterOptions& options) {
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
  throw UsageError(
      fmt::format("{} cannot be combined with --schema pyflowmeter, whose columns are fixed", option));
}

}  // namespace

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

std::unique_ptr<MeterPlan> make_plan(const MeterOptions& options) {
  if (options.schema != "pyflowmeter") return std::make_unique<ColumnMeterPlan>(options);
  refuse_what_pyflowmeter_lacks(options);
  return std::make_unique<PyFlowMeterPlan>(options.tcp_idle_timeout);
}

}  // namespace flowmeter
