#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "flow/flow_policy.h"
#include "packet/decoder.h"
#include "packet/observer.h"
#include "schema/flow_writer.h"
#include "schema/selection.h"

namespace flowmeter {

using Seconds = std::chrono::duration<double>;

/// What a run measures: a schema with its columns, and the rules by which packets become flows.
struct MeterOptions {
  std::string schema = "flowmeter";
  std::string columns;    ///< as given to --columns; empty: the schema's own
  bool drop_ids = false;  ///< leave out what identifies a flow, see Column
  TransportSet transports = tcp_and_udp;
  Seconds tcp_idle_timeout{600}, udp_idle_timeout{600};
  Seconds sctp_idle_timeout{600}, dccp_idle_timeout{600}, icmp_idle_timeout{600};
  std::optional<Seconds> active_timeout;
  std::optional<Seconds> close_linger;  ///< a TCP flow ends so long after both FINs or a RST
  std::size_t most_flows = 0;           ///< open at once; 0: as many as there are
  DirectionPolicy direction = DirectionPolicy::first;
  ClockPolicy clock = ClockPolicy::raw;
  TunnelPolicy tunnel = TunnelPolicy::all;
  FeatureSettings features;

  /// Columns whose states are kept as well, if there are any, so that parts with them can be read. Then all
  /// columns must do with these.
  struct Recorded {
    std::string schema, columns;
  };
  std::optional<Recorded> recorded;
};

/// What a meter is told of its input.
struct InputFacts {
  std::string tshark;                 ///< version of the one that is run
  std::vector<std::string> captures;  ///< names of the files
  std::uint64_t frames_before = 0;    ///< first frames that are not of them
};

/// An observer of packets that writes rows.
class Meter {
 public:
  virtual ~Meter() = default;
  /// Before the first frame of a capture.
  virtual void begin(const InputFacts& /*input*/) {}

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

  /// Fields that some tsharks do not have.
  struct UnsureFields {
    FieldSet named;     ///< by the user: a tshark without them is refused
    FieldSet optional;  ///< not asked for then
  };
  [[nodiscard]] virtual UnsureFields unsure_fields() const { return {}; }

  /// What the user should know when all inputs are metered, one line each.
  [[nodiscard]] virtual std::vector<std::string> remarks() const { return {}; }

  /// A column that is computed from the tshark field, for messages; empty if there is none.
  [[nodiscard]] virtual std::string column_of(std::string_view field) const = 0;

  /// A column that prints that state; empty if there is none.
  [[nodiscard]] virtual std::string column_of(const AccumulatorKind& /*kind*/) const { return {}; }

  [[nodiscard]] virtual std::vector<std::string> header() const = 0;

  /// How streams are cut into flows.
  [[nodiscard]] virtual FlowPolicy policy() const = 0;

  /// What packets are looked for.
  [[nodiscard]] virtual TransportSet transports() const { return tcp_and_udp; }

  /// Which of a frame's packets count.
  [[nodiscard]] virtual TunnelPolicy tunnel() const = 0;

  /// Whether a column prints stream numbers, which then are to be the ranks of StreamRanks.
  [[nodiscard]] virtual bool ranks_streams() const { return false; }

  /// Whether a column's values are right only if a single, uninterrupted tshark saw all frames.
  [[nodiscard]] virtual bool needs_one_tshark() const { return false; }

  /// A meter for one input, which writes to `out`. `input` is its name as it was given.
  /// Both `out` and the plan outlive it.
  [[nodiscard]] virtual std::unique_ptr<Meter> make(const std::string& input, RowWriter& out) const = 0;

  /// The states that flows have; null: they are not those of a FlowTable.
  [[nodiscard]] virtual const AccumulatorSet* accumulators() const noexcept { return nullptr; }

  /// What prints flows with such states as rows; null likewise. As make().
  [[nodiscard]] virtual std::unique_ptr<FlowSink> make_sink(const std::string& /*input*/,
                                                            RowWriter& /*out*/) const {
    return nullptr;
  }
};

/// The columns that the options choose, of that registry, which was made with the options' settings.
/// Throws UsageError for an unknown schema or column.
[[nodiscard]] std::vector<NamedColumn> chosen_columns(const MeterOptions& options,
                                                      const ColumnRegistry& registry);

/// Throws UsageError for an unknown schema or column, and for options that do not go together.
[[nodiscard]] std::unique_ptr<MeterPlan> make_plan(const MeterOptions& options);

}  // namespace flowmeter
