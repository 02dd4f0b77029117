#pragma once

#include <string>
#include <vector>

#include "base/report.h"
#include "dialect/skipped.h"
#include "flow/flow_policy.h"
#include "source/capture_counts.h"
#include "source/frame_source.h"

namespace flowmeter {

// What the user should know at the end of an input that its rows do not tell, one line each.

/// Frames that no row has, because nobody could take them in time. The lines name the interfaces.
[[nodiscard]] std::vector<std::string> remarks_on_drops(const std::vector<InterfaceCounts>& interfaces);

/// How frames became packets.
[[nodiscard]] std::vector<std::string> remarks_on_decoding(const PacketDecoder& decoder);

/// Where several tsharks may have given other streams than one would have.
[[nodiscard]] std::vector<std::string> remarks_on_separated(const FrameSource::Separated& separated);

/// The same of a source, and how its packets became flows.
[[nodiscard]] std::vector<std::string> remarks_on_frames(const FrameSource& source,
                                                         const FlowCounters& counters);

/// Warns of each. `name`: of the input, before each line; empty: the lines say themselves what they are of.
void warn_of(Reporter& reporter, const std::vector<std::string>& remarks, const std::string& name = {});

/// "2 damaged records were skipped, the first: line 12: ..."; empty if there was none.
[[nodiscard]] std::string in_words(const SkippedRecords& skipped);

}  // namespace flowmeter
