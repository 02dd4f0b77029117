#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace flowmeter {

/// What dumpcap tells of an interface when it ends.
struct InterfaceCounts {
  std::string name;
  std::uint64_t received = 0;  ///< frames that were captured
  std::uint64_t dropped = 0;   ///< frames that were lost: by the kernel, the interface, and dumpcap itself
};

/// Finds the counts in what dumpcap has written to its standard error.
/// Source: report_packet_drops() in dumpcap.c, 3.4 to 4.6.
[[nodiscard]] std::vector<InterfaceCounts> parse_counts(std::string_view errors);

}  // namespace flowmeter
