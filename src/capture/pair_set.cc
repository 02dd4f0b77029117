#include "capture/pair_set.h"

#include <algorithm>
#include <utility>

namespace flowmeter {
namespace {

/// What stands for a hash: 0 is no more likely than any other, but means that a slot is free.
constexpr std::uint64_t stored(std::uint64_t hash) { return hash == 0 ? 1 : hash; }

}  // namespace

bool PairSet::add(std::uint64_t hash) {
  if (size_ == limit_) return false;
  if (size_ * 2 == slots_.size()) grow();
  slots_[slot_of(hash)] = stored(hash);
  ++size_;
  return true;
}

/// Where the hash is, or the free slot where it belongs.
std::size_t PairSet::slot_of(std::uint64_t hash) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = static_cast<std::size_t>(stored(hash)) & mask;
  while (slots_[slot] != 0 && slots_[slot] != stored(hash)) slot = (slot + 1) & mask;
  return slot;
}

void PairSet::grow() {
  constexpr std::size_t first_slots = 64;
  const std::vector<std::uint64_t> before =
      std::exchange(slots_, std::vector<std::uint64_t>(std::max(first_slots, slots_.size() * 2)));
  for (const std::uint64_t hash : before) {
    if (hash != 0) slots_[slot_of(hash)] = hash;
  }
}

}  // namespace flowmeter
