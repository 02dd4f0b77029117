#include "source/segment_streams.h"

#include <algorithm>

namespace flowmeter {

SegmentStreams::SegmentStreams(FieldSet& fields, std::chrono::nanoseconds idle, std::size_t remembered)
    : facts_(fields), directory_(idle, remembered) {}

std::uint64_t SegmentStreams::translate(const Packet& header, bool quoted) {
  clock_ns_ = std::max(clock_ns_, header.time_ns);
  if (local_facts_ != nullptr) return directory_.resolve(segment_, header, *local_facts_, clock_ns_);
  return directory_.resolve(segment_, header, facts_.of(header, quoted), clock_ns_);
}

}  // namespace flowmeter
