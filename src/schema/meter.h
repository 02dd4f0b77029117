#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "flow/flow_policy.h"
#include "packet/decoder.h"
#include "packet/observer.h"
#include "schema/selection.h"
#include "sink/row_writer.h"

namespace flowmeter {

class FlowColumns;

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

/// A meter for one input, which writes to `out`. `input` is the input's name as it was given.
using MeterFactory = std::function<std::unique_ptr<Meter>(const std::string& input, RowWriter& out)>;

/// What a run needs of its inputs, and what makes its meters. Made once, from the options.
struct MeterPlan {
  FieldSet fields;                    ///< that tshark must give; those that a Record has, in its order
  std::vector<std::string> required;  ///< of them, beyond those of every packet: each header has them
  FieldSet named;                     ///< of them, those that the user has named: a tshark without is refused
  FieldSet optional;                  ///< of them, those that some tsharks do not have: not asked for then
  std::map<std::string, std::string, std::less<>> uses;  ///< a column that is computed from the field

  std::vector<std::string> header;
  FlowPolicy policy;                      ///< how streams are cut into flows
  TransportSet transports = tcp_and_udp;  ///< what packets are looked for
  TunnelPolicy tunnel = TunnelPolicy::all;

  bool ranks_streams = false;    ///< stream numbers are printed: they are to be the ranks of StreamRanks
  bool one_tshark = false;       ///< values are right only if a single, uninterrupted tshark saw all frames
  bool whole_protocols = false;  ///< frame.protocols is read beyond where the transport headers are
  bool applications = false;     ///< application dissectors must not be switched off

  MeterFactory make;  ///< whose meters do not need the plan

  /// What prints flows out of the states of a FlowTable; null: the rows are not made of those.
  std::shared_ptr<const FlowColumns> columns{};

  /// A column that is computed from the tshark field, for messages; empty if there is none.
  [[nodiscard]] std::string column_of(std::string_view field) const {
    const auto found = uses.find(field);
    return found == uses.end() ? std::string{} : found->second;
  }

  /// What the user should know when all inputs are metered, one line each.
  [[nodiscard]] std::vector<std::string> remarks() const;
};

/// Throws UsageError for an unknown schema or column, and for options that do not go together.
[[nodiscard]] MeterPlan make_plan(const MeterOptions& options);

/// A column of the output, and what is told of it.
struct DescribedColumn {
  std::string name;  ///< in the header
  Column column;
};

/// The columns that the options choose. `all`: all that there are to choose from, unless the schema's are
/// fixed. Throws UsageError as make_plan().
[[nodiscard]] std::vector<DescribedColumn> described_columns(const MeterOptions& options, bool all);

}  // namespace flowmeter
