#pragma once

#include <array>
#include <chrono>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "flow/flow_table.h"
#include "packet/observer.h"
#include "schema/meter.h"
#include "sink/row_writer.h"

namespace flowmeter {

/// One-pass moments as PyFlowMeter computes them: the same operations on doubles in the same order,
/// so that the same digits come out.
class OnePassMoments {
 public:
  void update(double sample);

  [[nodiscard]] std::uint64_t count() const noexcept { return static_cast<std::uint64_t>(n_); }
  [[nodiscard]] double mean() const noexcept { return mean_; }
  [[nodiscard]] double std() const;
  [[nodiscard]] bool constant() const noexcept { return m2_ == 0; }  ///< as far as it can tell
  [[nodiscard]] double skewness() const;
  [[nodiscard]] double kurtosis() const;
  [[nodiscard]] double min() const noexcept { return min_; }
  [[nodiscard]] double max() const noexcept { return max_; }

 private:
  double n_ = 0, mean_ = 0, m2_ = 0, m3_ = 0, m4_ = 0, min_ = 0, max_ = 0;
};

inline constexpr std::string_view pyflowmeter_schema = "pyflowmeter";

/// Adds to the plan what rows of that schema need, and their meters. Throws UsageError for options that it
/// does not have.
void plan_pyflowmeter(const MeterOptions& options, MeterPlan& plan);

/// Its columns have the names and the meaning of the default ones, and are made of other fields. Throws
/// UsageError likewise.
[[nodiscard]] std::vector<DescribedColumn> pyflowmeter_columns(const MeterOptions& options);

/// The schema `pyflowmeter`: what PyFlowMeter (revision b96f592) wrote, faults included: it takes only
/// frames whose last layer is TCP, tells directions by the port alone, counts the gap to the stream's
/// previous packet of either direction, and writes the flags under reversed labels. Where it dies
/// (a direction without packets), the row is written with 0,0,0,-3,0,0 for that direction.
class PyFlowMeterTable final : public PacketObserver, public FlowCounters {
 public:
  /// Adds the tshark fields that it reads.
  static void add_fields(FieldSet& fields);

  /// Those of them that a foreign stream must have, apart from the ones of every packet.
  static std::vector<std::string> required_fields();

  static std::vector<std::string> header();

  /// `out` outlives the table.
  PyFlowMeterTable(const FieldSet& fields, std::chrono::duration<double> timeout, RowWriter& out);

  void on_packet(const Packet& packet) override;
  void on_segment() override;
  void on_end(EndOfInput end) override;

  [[nodiscard]] std::uint64_t open_flows() const noexcept override { return flows_.size(); }
  [[nodiscard]] std::uint64_t ended_flows() const noexcept override { return ended_; }
  [[nodiscard]] FlowTally tally() const noexcept override { return tally_; }

 private:
  struct Side {
    std::uint64_t bytes = 0;
    OnePassMoments sizes, gaps;
    std::array<std::uint64_t, 8> flags{};  // most significant first
  };
  struct PyFlow {
    std::string duration;  // tcp.time_relative of the last packet
    std::uint16_t source_port = 0, destination_port = 0;
    double last_time = 0;
    std::array<Side, 2> sides;
  };
  using Flows = std::unordered_map<std::string, PyFlow>;

  [[nodiscard]] bool highest_layer_is_tcp(const Record& record) const;
  void update(PyFlow& flow, const Packet& packet, std::string_view length, std::string_view delta);
  void check_timeout(double now);
  void write(const std::vector<std::string>& streams, EndReason reason);
  void write_open(EndReason reason);
  void write_row(const PyFlow& flow);
  void write_statistics(const OnePassMoments& moments, bool integers);
  void write_real(double value);

  FieldId protocols_, stream_, length_, relative_, delta_, segments_, malformed_;
  const double timeout_;
  RowWriter& out_;
  Flows flows_;  // by stream index as text
  std::set<std::pair<double, std::string>> by_last_time_;
  std::uint64_t last_frame_ = 0;
  std::uint64_t ended_ = 0;
  FlowTally tally_{};
};

}  // namespace flowmeter
