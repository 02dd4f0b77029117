#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "base/csv_reader.h"
#include "base/local_time.h"
#include "flow/flow.h"

namespace flowmeter {

struct PortRange {
  std::uint16_t first = 0, last = 0;

  friend bool operator==(const PortRange&, const PortRange&) = default;
};

/// Which part of a flow must lie in a rule's time window.
enum class LabelTime : std::uint8_t {
  overlap,  ///< any
  start,    ///< its first packet
};
constexpr auto words_of(LabelTime) noexcept { return std::array<std::string_view, 2>{"overlap", "start"}; }

/// Which flows get a label. What is empty takes all.
struct LabelRule {
  std::size_t line = 0;  ///< in the file
  std::string label;
  std::optional<std::int64_t> start_ns, end_ns;
  std::vector<AddressBlock> sources, destinations;
  std::vector<PortRange> source_ports, destination_ports;
  std::vector<std::uint8_t> protocols;
  std::vector<std::string> inputs;  ///< patterns of their names, see matches_glob()
  bool both_ways = true;            ///< a flow in the other direction counts as well
  CsvCell filter;                   ///< text of a Condition on columns

  /// Whether all holds but the filter, for a flow of that input.
  [[nodiscard]] bool takes(const Flow& flow, std::string_view input, LabelTime time) const noexcept;

 private:
  [[nodiscard]] bool takes_ends(const Endpoint& source, const Endpoint& destination) const noexcept;
};

/// Reads rules from CSV: a header line with the names of some of the columns label, start, end, src, dst,
/// sport, dport, proto, input, both_ways, filter in any order, then a rule on each line. Times that do not
/// tell their zone are of `zone`. Filters are kept as they are. Throws UsageError, one line with `file` and
/// the place in it, for what is no rule.
[[nodiscard]] std::vector<LabelRule> parse_label_rules(std::string_view text, const std::string& file,
                                                       const TimeZone& zone = {});

/// The beginning of messages on that place of the file.
[[nodiscard]] std::string label_place(const std::string& file, const TextPlace& place);

}  // namespace flowmeter
