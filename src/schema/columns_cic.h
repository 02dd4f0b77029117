#pragma once

#include <fmt/format.h>

#include <initializer_list>

#include "schema/groups.h"
#include "schema/sample_statistics.h"

namespace flowmeter {

/// The columns of the group cic as they are added, in their order.
class CicGroup {
 public:
  using Fields = std::vector<std::string>;
  using Writer = std::function<void(Cell&)>;

  void add(std::string_view name, const char* unit, std::string description, const Fields& fields,
           AccumulatorFactory accumulator, Writer write, bool identifies = false,
           ValueKind kind = ValueKind::number) {
    columns_.push_back({fmt::format("cic_{}", name), unit, std::move(description), fields, accumulator,
                        std::move(write), identifies});
    columns_.back().kind = kind;
  }

  /// Statistics, in microseconds, of the distribution that `get` finds in a cell.
  template <class Get>
  void add_times(std::string_view name, std::string_view of, AccumulatorFactory accumulator, Get get) {
    for (const Statistic statistic : {Statistic::mean, Statistic::std, Statistic::max, Statistic::min}) {
      add(fmt::format("{}_{}", name, suffix(statistic)), "us", fmt::format("{} of {}", phrase(statistic), of),
          {"frame.time_epoch"}, accumulator,
          [=](Cell& cell) { write_statistic(cell, statistic, get(cell), TimeUnit::microsecond); });
    }
  }

  [[nodiscard]] std::vector<Column> take() { return std::move(columns_); }

 private:
  std::vector<Column> columns_;
};

// Those that come from payloads and when they came (columns_cic_payload.cc).
void add_totals(CicGroup& group);
void add_lengths(CicGroup& group);
void add_rates(CicGroup& group);
void add_direction_rates(CicGroup& group);
void add_flow_lengths(CicGroup& group);
void add_averages(CicGroup& group);
void add_bulks(CicGroup& group);
void add_subflows(CicGroup& group);
void add_forward_data_packets(CicGroup& group);

}  // namespace flowmeter
