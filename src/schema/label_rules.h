#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "flow/flow.h"
#include "stats/decimal.h"

namespace flowmeter {

/// Addresses that begin with the same bits.
struct AddressBlock {
  IpAddress address;
  unsigned bits = 0;

  [[nodiscard]] bool contains(const IpAddress& other) const noexcept;

  /// Whether it is a single address.
  [[nodiscard]] bool is_host() const noexcept { return bits == (address.version == 4 ? 32U : 128U); }

  friend bool operator==(const AddressBlock&, const AddressBlock&) = default;
};

struct PortRange {
  std::uint16_t first = 0, last = 0;

  friend bool operator==(const PortRange&, const PortRange&) = default;
};

/// What a column's value must be.
struct Condition {
  enum class Operator : std::uint8_t { equal, unequal, less, at_most, greater, at_least };

  std::string column;
  Operator compares = Operator::equal;
  std::string value;
  std::optional<Decimal> number;  ///< the value, if it is one

  /// Whether the text of a cell meets it. Numbers are compared as numbers; other text is equal or not.
  [[nodiscard]] bool holds(std::string_view cell) const;
};

/// Which part of a flow must lie in a rule's time window.
enum class LabelTime : std::uint8_t {
  overlap,  ///< any
  start,    ///< its first packet
};

/// Which flows get a label. What is empty takes all.
struct LabelRule {
  std::size_t line = 0;  ///< in the file
  std::string label;
  std::optional<std::int64_t> start_ns, end_ns;
  std::vector<AddressBlock> sources, destinations;
  std::vector<PortRange> source_ports, destination_ports;
  std::vector<std::uint8_t> protocols;
  bool both_ways = true;  ///< a flow in the other direction counts as well
  std::vector<Condition> conditions;

  /// Whether all holds but the conditions.
  [[nodiscard]] bool takes(const Flow& flow, LabelTime time) const noexcept;

 private:
  [[nodiscard]] bool takes_ends(const Endpoint& source, const Endpoint& destination) const noexcept;
};

/// Reads rules from CSV: a header line with the names of some of the columns label, start, end, src, dst,
/// sport, dport, proto, both_ways, filter in any order, then a rule on each line.
/// Throws UsageError, one line that begins with `file` and the line, for what is no rule.
[[nodiscard]] std::vector<LabelRule> parse_label_rules(std::string_view text, const std::string& file);

}  // namespace flowmeter
