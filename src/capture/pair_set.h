#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace flowmeter {

/// A set of well-mixed hashes that only grows, up to a limit: 16 bytes for each at most.
/// Not thread-safe.
class PairSet {
 public:
  explicit PairSet(std::size_t limit) : limit_(limit) {}

  [[nodiscard]] bool contains(std::uint64_t hash) const { return size_ != 0 && slots_[slot_of(hash)] != 0; }

  /// False: it is full. Not for what it contains.
  bool add(std::uint64_t hash);

  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  [[nodiscard]] std::size_t slot_of(std::uint64_t hash) const;
  void grow();

  std::size_t limit_;
  std::size_t size_ = 0;
  std::vector<std::uint64_t> slots_;  // 0: free; a power of two, half of them at least are free
};

}  // namespace flowmeter
