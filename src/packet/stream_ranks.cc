#include "packet/stream_ranks.h"

#include <iterator>

namespace flowmeter {

std::uint64_t StreamRanks::translate(const Packet& header, bool /*quoted*/) {
  Ranks& ranks = ranks_[place_of(header.key.transport)];
  const std::uint64_t stream = header.key.stream;
  const auto after = ranks.runs.upper_bound(stream);
  if (after != ranks.runs.begin()) {
    auto& [first, run] = *std::prev(after);
    const std::uint64_t place = stream - first;
    if (place < run.length) return run.rank + place;
    if (place == run.length && run.rank + place == ranks.next) {
      ++run.length;
      return ranks.next++;
    }
  }
  ranks.runs.emplace_hint(after, stream, Run{ranks.next, 1});
  return ranks.next++;
}

void StreamRanks::begin_segment() {
  for (Ranks& ranks : ranks_) ranks.runs.clear();
}

}  // namespace flowmeter
