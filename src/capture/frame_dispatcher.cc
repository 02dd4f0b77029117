#include "capture/frame_dispatcher.h"

#include <algorithm>

namespace flowmeter {

FrameDispatcher::FrameDispatcher(unsigned workers, CaptureOrigin origin, const DispatcherOptions& options)
    : options_(options),
      reader_(origin),
      router_(workers, options,
              [this](std::uint64_t pair) {
                // The stateful worker is to see what there is of the pair's datagrams.
                slots_[router_.stateful()].add_fragments_of(slots_[router_.fallback()], pair);
              }),
      slots_(router_.slots()) {}

void FrameDispatcher::feed(std::string_view piece) {
  reader_.put(piece);
  dispatch_all();
}

void FrameDispatcher::finish() {
  reader_.finish();
  dispatch_all();
}

void FrameDispatcher::dispatch_all() {
  CaptureItem item;
  while (reader_.next(item)) {
    if (item.kind == ItemKind::frame) {
      dispatch_frame(item);
    } else if (item.kind == ItemKind::tail) {
      dispatch_tail(item);
    } else {
      dispatch_to_all(item);
    }
  }
}

void FrameDispatcher::dispatch_frame(const CaptureItem& item) {
  RoutingKey key, innermost;
  const unsigned number = router_.route(item, key, innermost);
  if (generation_is_over(number)) {
    on_generation_end_(number);
    begin_generation(number);
  }
  WorkerSlot& slot = slots_[number];
  log_.add(number, slot.generation(), slot.given());
  slot.add_frame(item.bytes);
  if (has_local_headers(number)) keep_header(item, key);
  flush_frame_.remember(item);
  const bool looked_back = options_.generation_frames != 0 || options_.stateful_worker;
  if (innermost.fragment && looked_back) {
    slot.keep_fragment(item.bytes, innermost.hash, innermost.datagram);
  }
  ++frames_;
}

void FrameDispatcher::dispatch_tail(const CaptureItem& item) {
  WorkerSlot& slot = slots_.front();
  if (!rest_) {
    // A tshark that meets damage before its first frame says so in other words.
    if (slot.given() == 0 && frames_ != 0) add_flush_frames(0);
    log_.add_rest(0, slot.generation(), slot.given());
    rest_ = true;
  }
  slot.add_rest(item.bytes);
}

void FrameDispatcher::dispatch_to_all(const CaptureItem& item) {
  preamble_.remember(item);
  flush_frame_.remember(item);
  for (WorkerSlot& slot : slots_) {
    slot.add_block(item);
    if (slots_.size() > 1) slot.shorten_beginning(preamble_);
  }
}

void FrameDispatcher::keep_header(const CaptureItem& frame, const RoutingKey& key) {
  constexpr std::size_t at_first = 1024;
  if (local_headers_.full()) {
    local_headers_.set_capacity(
        std::max(at_first, local_headers_.capacity() + local_headers_.capacity() / 2));
  }
  local_headers_.push_back(local_header(frame, key));
}

/// A generation has as many frames as it may, unless that would let all tsharks together become too large:
/// then the largest is replaced before. When the generations of n workers end in turn, they have
/// d, 2d, ..., nd frames at the end of the last one, which has all it may: half of (n + 1) generations
/// together. So none ends before it had half of its frames.
bool FrameDispatcher::generation_is_over(unsigned slot) const {
  const std::uint64_t most = options_.generation_frames;
  if (most == 0 || router_.is_stateful(slot) || on_generation_end_ == nullptr) return false;
  const std::uint64_t size = size_of(slot);
  if (size >= most) return true;
  if (workers() == 1) return false;
  std::uint64_t all = 0, largest = 0;
  for (unsigned other = 0; other < slots(); ++other) {
    if (router_.is_stateful(other)) continue;
    all += size_of(other);
    largest = std::max(largest, size_of(other));
  }
  return size == largest && 2 * all >= (workers() + std::uint64_t{1}) * most;
}

/// The generation's frames; what is not plain takes tshark twice the memory.
std::uint64_t FrameDispatcher::size_of(unsigned slot) const {
  return slot < workers() ? slots_[slot].frames() : 2 * slots_[slot].frames();
}

bool FrameDispatcher::add_flush_frames(unsigned slot, std::size_t count) {
  if (!flush_frame_.possible() || (rest_ && slot == 0)) return false;
  slots_[slot].add_flush_frames(flush_frame_, count);
  return true;
}

bool FrameDispatcher::needed(unsigned slot) const {
  return slots_[slot].frames() != 0 || (slot == 0 && rest_);
}

}  // namespace flowmeter
