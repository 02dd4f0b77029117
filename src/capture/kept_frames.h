#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace flowmeter {

/// Keeps the newest of some frames of a capture, as the records that they came in, for another tshark that
/// needs them: IP fragments, to reassemble datagrams of which it gets a part, and frames for which a
/// dissector may claim a conversation. Of fragments it does not ask which datagrams are complete: to put one
/// together once more, in frames that nobody looks at, changes nothing for later frames, as tshark is done
/// with an identification when the datagram is whole. What would is a part of a complete datagram, which
/// tshark would take for the beginning of the next one with its identification: so datagrams go as a whole.
/// Bounded: 4096 records and 8 MiB. What is too much goes an eighth at a time, the oldest first.
/// Lifetimes: views are valid until the next keep() or clear(). Not thread-safe.
class KeptFrames {
 public:
  /// Keeps a copy of a record. `pair`: hash of its addresses; `datagram`: its identification, if it is a
  /// fragment.
  void keep(std::string_view record, std::uint64_t pair, std::uint32_t datagram);

  /// Forgets all: records are not valid in another section of a capture.
  void clear();

  [[nodiscard]] std::size_t size() const { return kept_.size(); }

  /// One of them, oldest first.
  [[nodiscard]] std::string_view record(std::size_t i) const {
    return std::string_view(bytes_).substr(kept_[i].begin, kept_[i].size);
  }
  [[nodiscard]] std::uint64_t pair(std::size_t i) const { return kept_[i].pair; }
  [[nodiscard]] std::uint32_t datagram(std::size_t i) const { return kept_[i].datagram; }

 private:
  struct Kept {
    std::size_t begin;  // in bytes_
    std::size_t size;
    std::uint64_t pair;
    std::uint32_t datagram;
  };

  void make_room(std::size_t size);
  [[nodiscard]] std::size_t too_many(std::size_t size) const;

  std::string bytes_;
  std::vector<Kept> kept_;
};

}  // namespace flowmeter
