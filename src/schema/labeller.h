#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "schema/column.h"
#include "schema/condition.h"
#include "schema/label_rules.h"

namespace flowmeter {

/// Gives flows their labels: that of the first rule, in the order of the file, that takes the flow.
///
/// Rules are found by address: those that name single hosts on one side are tried only for flows of
/// these hosts, so that thousands of them cost little.
class Labeller {
 public:
  /// `file`: the rules' own, for messages. `standard`: the label of all other flows.
  Labeller(std::string file, std::vector<LabelRule> rules, LabelTime time, std::string standard);

  /// Reads the rules' filters, on the columns of the registry, which outlives the labeller's use. They see
  /// what columns print with these settings, but addresses as they are.
  /// Throws UsageError, with file and place, for a filter that is no condition on them.
  void bind(const ColumnRegistry& registry, const FeatureSettings& settings);

  /// The columns that filters look at.
  [[nodiscard]] const std::vector<const Column*>& columns() const noexcept { return columns_; }

  /// The label of the cell's flow. Lives with the labeller.
  [[nodiscard]] std::string_view label(const Cell& cell);

  /// Which rules took no flow so far, in a line; empty if all did.
  [[nodiscard]] std::string unmatched() const;

 private:
  struct AddressHash {
    std::size_t operator()(const IpAddress& address) const noexcept;
  };
  using Places = std::vector<std::uint32_t>;  // of rules, ascending

  [[nodiscard]] const Places& at_host(const IpAddress& address) const;
  [[nodiscard]] bool meets_filter(std::size_t place, const Cell& cell);
  [[nodiscard]] const std::string& text_of(std::size_t column, const Cell& cell);

  /// The filter of a rule.
  struct Filter {
    Condition condition;
    std::vector<std::size_t> columns;  // those of the condition, as indices of columns_
  };

  const std::string file_;
  const std::vector<LabelRule> rules_;
  const LabelTime time_;
  const std::string standard_;
  std::unordered_map<IpAddress, Places, AddressHash> by_host_;
  Places other_;  // rules without hosts
  std::vector<const Column*> columns_;
  std::vector<std::optional<Filter>> filters_;  // by rule
  FeatureSettings settings_;                    // those that filters see
  std::vector<std::string> texts_;              // the columns' of the flow at hand
  std::vector<bool> known_;                     // which of texts_
  std::vector<bool> matched_;                   // by rule
};

}  // namespace flowmeter
