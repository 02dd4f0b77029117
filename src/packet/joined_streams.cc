#include "packet/joined_streams.h"

#include <algorithm>

namespace flowmeter {

JoinedStreams::JoinedStreams(FieldSet& fields, std::chrono::nanoseconds idle, std::size_t remembered,
                             StreamRules rules)
    : facts_(fields) {
  for (auto& directory : directories_) {
    directory = std::make_unique<StreamDirectory>(idle, remembered, rules);
  }
}

std::uint64_t JoinedStreams::translate(const Packet& header, bool quoted) {
  const bool udp = header.key.transport == Transport::udp;
  StreamDirectory& directory = *directories_[place_of(udp ? Transport::tcp : header.key.transport)];
  if (is_context_) {
    directory.learn_context(segment_, header, facts_.of(header, quoted));
    return header.key.stream;
  }
  clock_ns_ = std::max(clock_ns_, header.time_ns);
  if (local_facts_ != nullptr) return directory.resolve(segment_, header, *local_facts_, clock_ns_);
  return directory.resolve(segment_, header, facts_.of(header, quoted), clock_ns_);
}

void JoinedStreams::begin_segment() {
  end_segment(segment_);
  ++segment_;
}

void JoinedStreams::end_segment(std::uint32_t segment) {
  for (auto& directory : directories_) directory->end_segment(segment);
}

}  // namespace flowmeter
