#include "flow/ended_streams.h"

namespace flowmeter {

void EndedStreams::remember(const Entry& entry) {
  if (capacity_ == 0) return;
  auto& by_key = entries_.get<1>();
  const auto found = by_key.find(entry.key);
  if (found != by_key.end()) {
    by_key.replace(found, entry);
    entries_.relocate(entries_.end(), entries_.project<0>(found));
    return;
  }
  if (entries_.size() == capacity_) {
    entries_.pop_front();
    ++forgotten_;
  }
  entries_.push_back(entry);
}

const EndedStreams::Entry* EndedStreams::find(const StreamKey& key) const {
  const auto& by_key = entries_.get<1>();
  const auto found = by_key.find(key);
  return found == by_key.end() ? nullptr : &*found;
}

}  // namespace flowmeter
