#include "cli/end_remarks.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "cli/account.h"

namespace flowmeter {

std::vector<std::string> remarks_on_drops(const std::vector<InterfaceCounts>& interfaces) {
  std::vector<std::string> remarks;
  for (const InterfaceCounts& counts : interfaces) {
    if (counts.dropped == 0) continue;
    remarks.push_back(
        fmt::format("{}: {} of {} frames were dropped before they could be read (a larger -B, or a "
                    "filter with -f, may help)",
                    counts.name, counts.dropped, counts.received + counts.dropped));
  }
  return remarks;
}

std::vector<std::string> remarks_on_decoding(const PacketDecoder& decoder) {
  std::vector<std::string> remarks;
  if (const std::uint64_t count = decoder.timeless_frames(); count != 0) {
    remarks.push_back(
        fmt::format("{} frame{} without a time stamp, counted with the time of the frame before", count,
                    count == 1 ? "" : "s"));
  }
  if (const std::uint64_t count = decoder.headers_left_out(); count != 0) {
    remarks.push_back(fmt::format("{} packet{} not counted: a frame had more than 64", count,
                                  count == 1 ? " is" : "s are"));
  }
  if (const std::uint64_t count = decoder.forgotten_echoes(); count != 0) {
    remarks.push_back(fmt::format(
        "{} echo conversation{} idle for so long that the memory for them was reused; their later "
        "messages begin new flows",
        count, count == 1 ? " was" : "s were"));
  }
  return remarks;
}

std::vector<std::string> remarks_on_separated(const FrameSource::Separated& separated) {
  std::vector<std::string> remarks;
  if (const std::uint64_t count = separated.packets; count != 0) {
    remarks.push_back(fmt::format(
        "{} packet{} needed all traffic between two addresses in one tshark, but too many pairs of addresses "
        "did; streams may differ from those of a single tshark (-j1 --life-frames 0 uses one)",
        count, count == 1 ? "" : "s"));
  }
  if (const std::uint64_t count = separated.media; count != 0) {
    remarks.push_back(fmt::format(
        "{} packet{} of signalling announced media between other hosts than its own, of which not "
        "every tshark knows: streams there may be cut otherwise (-j1 --life-frames 0 is safe)",
        count, count == 1 ? "" : "s"));
  }
  return remarks;
}

std::vector<std::string> remarks_on_frames(const FrameSource& source, const FlowCounters& counters) {
  std::vector<std::string> remarks = remarks_on_decoding(source.decoder());
  const auto append = [&remarks](std::vector<std::string> more) {
    std::move(more.begin(), more.end(), std::back_inserter(remarks));
  };
  append(remarks_on(counters));
  append(remarks_on_separated(source.separated()));
  return remarks;
}

void warn_of(Reporter& reporter, const std::vector<std::string>& remarks, const std::string& name) {
  for (const std::string& remark : remarks) {
    reporter.warning(name.empty() ? remark : fmt::format("{}: {}", name, remark));
  }
}

std::string in_words(const SkippedRecords& skipped) {
  const auto& [count, first] = skipped;
  if (count == 0) return {};
  if (count == 1) return fmt::format("1 damaged record was skipped: {}", first);
  return fmt::format("{} damaged records were skipped, the first: {}", count, first);
}

}  // namespace flowmeter
