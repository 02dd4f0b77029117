#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cli/given_file.h"
#include "part/part_format.h"
#include "schema/labeller.h"
#include "schema/meter.h"

namespace flowmeter {

/// A time as options take it: seconds, not negative. Throws UsageError, naming the option.
[[nodiscard]] Seconds parse_seconds(const char* option, std::string_view text);

/// The value of --timeout: SECONDS for all protocols, PROTOCOL=SECONDS for one, or several of these
/// with commas between, each at most once; the ones for a protocol rule. They must be among the transports
/// that the options have. Throws UsageError.
void parse_idle_timeouts(std::string_view text, MeterOptions& options);

/// The value of --end-on: `close`, or `close=SECONDS`; how long a TCP flow lingers. Throws UsageError.
[[nodiscard]] Seconds parse_end_on(std::string_view text);

/// The labeller with the rules in that file, in which times are of that zone unless they tell theirs;
/// `read_file` becomes what was read. Throws UsageError if it cannot be read, or holds no rules, or there is
/// no such zone.
[[nodiscard]] std::shared_ptr<Labeller> read_labels(const std::string& file, const std::string& zone,
                                                    LabelTime time, std::string standard,
                                                    GivenFile& read_file);

/// The value of --transport: protocols with commas between; icmp is ICMPv6, too. Throws UsageError.
[[nodiscard]] TransportSet parse_transports(std::string_view text);

/// What options call the protocols.
[[nodiscard]] std::vector<std::string> transport_words();

/// The idle time-out of that protocol's flows.
[[nodiscard]] Seconds idle_timeout(const MeterOptions& options, Transport transport);

/// The value of --segment: N/TOTAL, from 1 on. Throws UsageError.
[[nodiscard]] PartSegments parse_segment(std::string_view text);

/// One character, or \\t for a tab. Throws UsageError.
[[nodiscard]] char parse_delimiter(std::string_view text);

}  // namespace flowmeter
