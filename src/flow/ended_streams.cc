#include "flow/ended_streams.h"

#include "base/recent_map.h"

namespace flowmeter {

struct EndedStreams::Entries : RecentMap<StreamKey, Entry, StreamKeyHash> {
  using RecentMap::RecentMap;
};

EndedStreams::EndedStreams(std::size_t capacity)
    : entries_(capacity == 0 ? nullptr : std::make_unique<Entries>(capacity)) {}

EndedStreams::~EndedStreams() = default;

void EndedStreams::clear() {
  if (entries_) entries_->clear();
}

void EndedStreams::remember(const StreamKey& key, const Entry& entry) {
  if (entries_) entries_->use(key, entry).first = entry;
}

const EndedStreams::Entry* EndedStreams::find(const StreamKey& key) const {
  return entries_ ? entries_->find(key) : nullptr;
}

std::uint64_t EndedStreams::forgotten() const noexcept { return entries_ ? entries_->forgotten() : 0; }

}  // namespace flowmeter
