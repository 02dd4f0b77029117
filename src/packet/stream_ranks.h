#pragma once

#include <array>
#include <cstdint>
#include <map>

#include "packet/decoder.h"

namespace flowmeter {

/// Numbers streams by their first appearance, per transport and without gaps. tshark's own numbers have
/// gaps where an application dissector announced a stream of which no packet came, and are out of order
/// where its packets came later than those of others.
///
/// Memory by the gaps and the disorder: streams that appear in tshark's order are one entry.
class StreamRanks final : public StreamNumbers {
 public:
  [[nodiscard]] std::uint64_t translate(const Packet& header, bool quoted) override;
  void begin_segment() override;

 private:
  /// tshark's numbers from some `first` on, as many as `length`, have the ranks from `rank` on.
  struct Run {
    std::uint64_t rank;
    std::uint64_t length;
  };
  struct Ranks {
    std::map<std::uint64_t, Run> runs;  // by `first`
    std::uint64_t next = 0;
  };

  std::array<Ranks, transport_count> ranks_;  // by place_of()
};

}  // namespace flowmeter
