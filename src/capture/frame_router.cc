#include "capture/frame_router.h"

#include <algorithm>
#include <utility>

namespace flowmeter {

FrameRouter::FrameRouter(unsigned workers, const DispatcherOptions& options, PairMoved pair_moved)
    : options_(options),
      workers_(std::max(workers, 1U)),
      pair_moved_(std::move(pair_moved)),
      stateful_pairs_(options.stateful_pairs) {}

unsigned FrameRouter::route(const CaptureItem& frame, RoutingKey& key, RoutingKey& innermost) {
  key = key_of(frame);
  bool stateful_frame = needs_state(key);
  innermost = key;
  for (unsigned depth = 0; depth < most_tunnels && enter(innermost); ++depth) {
    stateful_frame |= needs_state(innermost);
  }
  return stateful_frame ? stateful() : stateless_slot(key);
}

/// With one slot and no generation to end, no key is needed.
RoutingKey FrameRouter::key_of(const CaptureItem& frame) const {
  const bool needed = slots() > 1 || options_.generation_frames != 0;
  if (!needed) return {};
  if (frame.link_type == no_link_type) return {0, true, RoutingReason::not_packet};
  return routing_key(frame.link_type, frame.packet);
}

unsigned FrameRouter::stateless_slot(const RoutingKey& key) const {
  const bool plain = key.fixed ? key.reason == RoutingReason::not_ip : !key.readdressed;
  return options_.local_headers && !plain ? fallback() : worker_of(key, workers_);
}

/// Whether a packet with that key, alone or in a tunnel, makes its frame the stateful worker's.
bool FrameRouter::needs_state(const RoutingKey& key) {
  if (!options_.stateful_worker || !key.follows()) return false;
  if (key.announces) move_pair(key.hash);
  return key.application || stateful_pairs_.contains(key.hash);
}

/// From now on all of this pair goes to the stateful worker.
void FrameRouter::move_pair(std::uint64_t pair) {
  if (stateful_pairs_.contains(pair)) return;
  if (stateful_pairs_.add(pair)) {
    pair_moved_(pair);
  } else {
    ++pairs_refused_;
  }
}

}  // namespace flowmeter
