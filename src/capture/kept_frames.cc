#include "capture/kept_frames.h"

#include <algorithm>
#include <unordered_set>

namespace flowmeter {
namespace {

constexpr std::size_t max_records = 4096;
constexpr std::size_t max_bytes = std::size_t{8} << 20;

/// Most that is left when something had to go.
constexpr std::size_t most(std::size_t limit) { return limit - limit / 8; }

}  // namespace

void KeptFrames::keep(std::string_view record, std::uint64_t pair, std::uint32_t datagram) {
  if (record.size() > max_bytes) return;  // no packet is that large
  if (kept_.size() == max_records || bytes_.size() + record.size() > max_bytes) {
    make_room(record.size());
  }
  kept_.push_back({bytes_.size(), record.size(), pair, datagram});
  bytes_ += record;
}

void KeptFrames::clear() {
  kept_.clear();
  bytes_.clear();
}

/// How many of the oldest have to go, so that `size` more bytes fit.
std::size_t KeptFrames::too_many(std::size_t size) const {
  std::size_t gone = 0;
  std::size_t bytes = bytes_.size();
  const auto enough = [&] {
    return kept_.size() - gone <= most(max_records) && bytes <= most(max_bytes) && bytes + size <= max_bytes;
  };
  while (gone != kept_.size() && !enough()) bytes -= kept_[gone++].size;
  return gone;
}

/// Drops the oldest, and what else there is of their datagrams. An identification in use for two
/// datagrams at a time is taken for one.
void KeptFrames::make_room(std::size_t size) {
  const auto datagram_of = [](const Kept& one) { return one.pair + one.datagram; };
  std::unordered_set<std::uint64_t> broken;
  const std::size_t gone = too_many(size);
  for (std::size_t i = 0; i != gone; ++i) broken.insert(datagram_of(kept_[i]));
  std::size_t left = 0;
  std::size_t end = 0;
  for (std::size_t i = gone; i != kept_.size(); ++i) {
    Kept one = kept_[i];
    if (broken.contains(datagram_of(one))) continue;
    std::copy_n(bytes_.data() + one.begin, one.size, bytes_.data() + end);  // only ever forwards
    one.begin = end;
    end += one.size;
    kept_[left++] = one;
  }
  kept_.resize(left);
  bytes_.resize(end);
}

}  // namespace flowmeter
