#include "capture/frame_dispatcher.h"

#include <algorithm>

namespace flowmeter {

FrameDispatcher::FrameDispatcher(unsigned workers, CaptureOrigin origin, const DispatcherOptions& options)
    : reader_(origin),
      options_(options),
      workers_(std::max(workers, 1U)),
      odd_(options.headers ? workers_ : 0),
      lanes_(workers_ + (options.headers ? 1U : 0U) + (options.keeper ? 1U : 0U)),
      keepers_(options.keeper_pairs) {}

void FrameDispatcher::feed(std::string_view piece) {
  reader_.put(piece);
  deal_all();
}

void FrameDispatcher::finish() {
  reader_.finish();
  deal_all();
}

void FrameDispatcher::deal_all() {
  CaptureItem item;
  while (reader_.next(item)) deal(item);
}

void FrameDispatcher::deal(const CaptureItem& item) {
  if (item.kind == ItemKind::frame) return deal_frame(item);
  if (item.kind == ItemKind::tail) return deal_tail(item);
  preamble_.remember(item);
  filler_.remember(item);
  deal_to_all(item);
}

void FrameDispatcher::deal_frame(const CaptureItem& item) {
  const RoutingKey key = key_of(item);
  bool kept = goes_to_keeper(key);
  RoutingKey part = key;  // the innermost packet, which may be a fragment
  for (unsigned depth = 0; depth < most_tunnels && enter(part); ++depth) kept |= goes_to_keeper(part);
  if (options_.keeper && part.claims && !kept) claims_.keep(item.bytes, part.hash, 0);
  const unsigned worker = kept ? keeper() : lane_of(key);
  if (life_is_over(worker)) {
    on_life_end_(worker);
    new_life(worker);
  }
  Lane& lane = lanes_[worker];
  lane.output += item.bytes;
  log_.add(worker, lane.life, lane.given);
  if (open(worker)) keep_header(item, key);
  filler_.remember(item);
  const bool looked_back = options_.life_frames != 0 || options_.keeper;
  if (part.fragment && looked_back) lane.fragments.keep(item.bytes, part.hash, part.datagram);
  ++lane.given;
  ++lane.frames;
  ++frames_;
}

void FrameDispatcher::deal_tail(const CaptureItem& item) {
  Lane& lane = lanes_.front();
  if (!rest_) {
    // A tshark that meets damage before its first frame says so in other words.
    if (lane.given == 0 && frames_ != 0) filler(0);
    log_.add_rest(0, lane.life, lane.given);
    rest_ = true;
  }
  lane.output += item.bytes;
}

/// A lane that waits for its first frame begins anew when much has gone by.
void FrameDispatcher::deal_to_all(const CaptureItem& item) {
  constexpr std::size_t worth_it = 65536;
  // Interfaces go by their position in a section, so they are others in the next one.
  const bool numbered_anew = item.kind == ItemKind::section || item.kind == ItemKind::header;
  if (numbered_anew) claims_.clear();
  for (Lane& lane : lanes_) {
    if (numbered_anew) lane.fragments.clear();
    lane.output += item.bytes;
    if (lane.given != 0) continue;
    lane.beginning += item.bytes.size();
    const bool untouched = lane.output.size() == lane.beginning;
    if (lanes_.size() == 1 || !untouched) continue;
    if (lane.beginning <= 2 * preamble_.size() + worth_it) continue;
    lane.output.clear();
    preamble_.append_to(lane.output);
    lane.beginning = lane.output.size();
  }
}

void FrameDispatcher::keep_header(const CaptureItem& frame, const RoutingKey& key) {
  constexpr std::size_t at_first = 1024;
  if (headers_.full()) {
    headers_.set_capacity(std::max(at_first, headers_.capacity() + headers_.capacity() / 2));
  }
  headers_.push_back(local_header(frame, key));
}

/// With one lane and no life to end, no key is needed.
RoutingKey FrameDispatcher::key_of(const CaptureItem& frame) const {
  const bool needed = lanes_.size() > 1 || options_.life_frames != 0;
  if (!needed) return {};
  if (frame.link_type == no_link_type) return {0, true, RoutingReason::not_packet};
  return routing_key(frame.link_type, frame.packet);
}

unsigned FrameDispatcher::lane_of(const RoutingKey& key) const {
  const bool odd = key.fixed ? key.reason != RoutingReason::not_ip : key.readdressed;
  return options_.headers && odd ? odd_ : worker_of(key, workers_);
}

/// Whether a packet with that key, alone or in a tunnel, takes its frame to the keeper.
bool FrameDispatcher::goes_to_keeper(const RoutingKey& key) {
  if (!options_.keeper || !key.follows()) return false;
  if (key.announces) bring_to_keeper(key.hash);
  return key.application || keepers_.contains(key.hash);
}

/// A life has as many frames as it may, unless that would let all tsharks together become too large: then the
/// largest is replaced before. When lives of n workers end in turn, they have d, 2d, ..., nd frames at the
/// end of the last one, which is the whole life: half of (n + 1) lives together. So none ends before it had
/// half of its frames.
bool FrameDispatcher::life_is_over(unsigned worker) const {
  const std::uint64_t most = options_.life_frames;
  if (most == 0 || is_keeper(worker) || on_life_end_ == nullptr) return false;
  const std::uint64_t size = size_of(worker);
  if (size >= most) return true;
  if (workers_ == 1) return false;
  std::uint64_t all = 0, largest = 0;
  for (unsigned lane = 0; lane < lanes_.size(); ++lane) {
    if (is_keeper(lane)) continue;
    all += size_of(lane);
    largest = std::max(largest, size_of(lane));
  }
  return size == largest && 2 * all >= (workers_ + std::uint64_t{1}) * most;
}

/// The life's frames; what is odd takes tshark twice the memory.
std::uint64_t FrameDispatcher::size_of(unsigned worker) const {
  return worker < workers_ ? lanes_[worker].frames : 2 * lanes_[worker].frames;
}

/// From now on all of this pair goes to the keeper, which is to see what there is of its datagrams as well,
/// and what made a dissector claim a conversation: no other one begins a conversation of its own in that.
void FrameDispatcher::bring_to_keeper(std::uint64_t pair) {
  if (keepers_.contains(pair)) return;
  if (!keepers_.add(pair)) {
    ++pairs_refused_;
    return;
  }
  hand_over(lanes_[odd_].fragments, pair);
  hand_over(claims_, pair);
}

void FrameDispatcher::hand_over(const KeptFrames& frames, std::uint64_t pair) {
  Lane& keeper = lanes_.back();
  for (std::size_t i = 0; i != frames.size(); ++i) {
    if (frames.pair(i) != pair) continue;
    keeper.output += frames.record(i);
    keeper.fragments.keep(frames.record(i), pair, frames.datagram(i));
    ++keeper.given;
  }
}

bool FrameDispatcher::filler(unsigned worker, std::size_t count) {
  if (!filler_.possible() || (rest_ && worker == 0)) return false;
  Lane& lane = lanes_[worker];
  for (std::size_t i = 0; i < count; ++i) filler_.append_to(lane.output);
  lane.given += count;
  return true;
}

void FrameDispatcher::new_life(unsigned worker) {
  Lane& lane = lanes_[worker];
  lane.output.clear();
  preamble_.append_to(lane.output);
  lane.beginning = lane.output.size();
  for (std::size_t i = 0; i != lane.fragments.size(); ++i) {
    lane.output += lane.fragments.record(i);
  }
  lane.given = lane.fragments.size();
  lane.frames = 0;
  ++lane.life;
}

bool FrameDispatcher::needed(unsigned worker) const {
  return lanes_[worker].frames != 0 || (worker == 0 && rest_);
}

}  // namespace flowmeter
