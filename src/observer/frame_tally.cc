#include "observer/frame_tally.h"

#include <algorithm>

namespace flowmeter {

void FrameTally::on_frame(const Frame& frame) {
  ++frames;
  count_kind(frame);
  count_time(frame);
}

void FrameTally::count_kind(const Frame& frame) {
  if (!frame.packets.empty()) {
    ++with_packet;
  } else if (frame.cut) {
    ++cut_header;
  } else if (!frame.quoted.empty()) {
    ++only_quoted;
  } else {
    ++without_transport;
  }
}

void FrameTally::count_time(const Frame& frame) {
  if (!frame.timed) {
    ++without_time;
    return;
  }
  const std::int64_t now = frame.time_ns;
  if (before_ns_ && now < *before_ns_) ++older;
  before_ns_ = now;
  earliest_ns = std::min(earliest_ns.value_or(now), now);
  latest_ns = std::max(latest_ns.value_or(now), now);
}

}  // namespace flowmeter
