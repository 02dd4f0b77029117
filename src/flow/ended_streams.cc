#include "flow/ended_streams.h"

#include <boost/multi_index/hashed_index.hpp>
#include <boost/multi_index/member.hpp>
#include <boost/multi_index/sequenced_index.hpp>
#include <boost/multi_index_container.hpp>

namespace flowmeter {

namespace mi = boost::multi_index;

/// In the order in which they were cut, and by stream.
struct EndedStreams::Entries
    : mi::multi_index_container<
          Entry, mi::indexed_by<mi::sequenced<>, mi::hashed_unique<mi::member<Entry, StreamKey, &Entry::key>,
                                                                   StreamKeyHash>>> {};

EndedStreams::EndedStreams(std::size_t capacity)
    : entries_(std::make_unique<Entries>()), capacity_(capacity) {}

EndedStreams::~EndedStreams() = default;

void EndedStreams::clear() { entries_->clear(); }

void EndedStreams::remember(const Entry& entry) {
  if (capacity_ == 0) return;
  auto& by_key = entries_->get<1>();
  const auto found = by_key.find(entry.key);
  if (found != by_key.end()) {
    by_key.replace(found, entry);
    entries_->relocate(entries_->end(), entries_->project<0>(found));
    return;
  }
  if (entries_->size() == capacity_) {
    entries_->pop_front();
    ++forgotten_;
  }
  entries_->push_back(entry);
}

const EndedStreams::Entry* EndedStreams::find(const StreamKey& key) const {
  const auto& by_key = entries_->get<1>();
  const auto found = by_key.find(key);
  return found == by_key.end() ? nullptr : &*found;
}

}  // namespace flowmeter
