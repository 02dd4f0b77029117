#pragma once

#include <memory>

#include "flow/flow.h"

namespace flowmeter {

/// Hash of a stream's identity.
struct StreamKeyHash {
  std::size_t operator()(const StreamKey& key) const noexcept {
    // Fibonacci hashing: stream numbers are dense, tables are powers of two.
    const std::uint64_t x = (key.stream << 8 | static_cast<std::uint64_t>(key.transport));
    const std::uint64_t mixed = x * 0x9e3779b97f4a7c15ULL;
    return static_cast<std::size_t>(mixed ^ (mixed >> 32));
  }
};

/// Remembers which way was forward in streams that were cut by a time-out, for the flow that may
/// follow; the longest ago cut are forgotten first, so that memory stays bounded.
class EndedStreams {
 public:
  struct Entry {
    StreamKey key;
    Endpoint source;
    Endpoint destination;
    std::uint32_t next_split_index = 0;            ///< of the flow that continues the stream
    DirectionBasis basis = DirectionBasis::first;  ///< of the stream's first flow
  };

  explicit EndedStreams(std::size_t capacity);
  ~EndedStreams();

  void remember(const Entry& entry);

  /// The entry, or null if the stream was never cut or is forgotten. Valid until remember().
  [[nodiscard]] const Entry* find(const StreamKey& key) const;

  /// Streams that follow are others.
  void clear();

  /// Entries that had to be forgotten.
  [[nodiscard]] std::uint64_t forgotten() const noexcept { return forgotten_; }

 private:
  struct Entries;

  std::unique_ptr<Entries> entries_;
  std::size_t capacity_;
  std::uint64_t forgotten_ = 0;
};

}  // namespace flowmeter
