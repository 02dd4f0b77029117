#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "flow/flow_table.h"
#include "schema/flow_writer.h"

namespace flowmeter {

/// What a run measures: a schema with its columns.
struct MeterOptions {
  std::string schema = "flowmeter";
  std::string columns;  ///< as given to --columns; empty: the schema's own
  std::chrono::duration<double> idle_timeout{600};
};

/// An observer of packets that writes rows.
class Meter {
 public:
  virtual ~Meter() = default;
  [[nodiscard]] virtual PacketObserver& observer() noexcept = 0;
  [[nodiscard]] virtual const FlowCounters& counters() const noexcept = 0;
};

/// The plan of a run, made once: columns, the tshark fields that they need, and meters for each input.
class MeterPlan {
 public:
  virtual ~MeterPlan() = default;

  /// The fields that tshark must give; a view for Records.
  [[nodiscard]] virtual const FieldSet& fields() const noexcept = 0;

  /// Fields that a foreign stream must have beyond those of every packet.
  [[nodiscard]] virtual std::vector<std::string> required_fields() const = 0;

  /// A column that is computed from the tshark field, for messages; empty if there is none.
  [[nodiscard]] virtual std::string column_of(std::string_view field) const = 0;

  [[nodiscard]] virtual std::vector<std::string> header() const = 0;

  /// How streams are cut into flows.
  [[nodiscard]] virtual FlowPolicy policy() const = 0;

  /// A meter for one input, which writes to `out`. Both `out` and the plan outlive it.
  [[nodiscard]] virtual std::unique_ptr<Meter> make(RowWriter& out) const = 0;
};

/// Names of the schemas.
[[nodiscard]] const std::vector<std::string>& schema_names();

/// Throws UsageError for an unknown schema or column.
[[nodiscard]] std::unique_ptr<MeterPlan> make_plan(const MeterOptions& options);

/// The columns that `list` asks for: "a,b" chooses, "+a" adds and "-a" drops, from `standard` if the
/// first word does so. Throws UsageError for an unknown, doubled or missing name.
[[nodiscard]] std::vector<const Column*> select_columns(std::string_view list,
                                                        const std::vector<const Column*>& standard);

}  // namespace flowmeter
