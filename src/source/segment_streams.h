#pragma once

#include <chrono>
#include <cstdint>

#include "packet/decoder.h"
#include "packet/stream_directory.h"
#include "packet/stream_facts.h"

namespace flowmeter {

/// Numbers the TCP and UDP streams of several tsharks as those of the whole input: their frames come in the
/// order of the input, each from a segment of its own.
class SegmentStreams final : public StreamNumbers {
 public:
  /// Adds to `fields` what it reads. `idle` and `remembered`: as of a StreamDirectory.
  SegmentStreams(FieldSet& fields, std::chrono::nanoseconds idle, std::size_t remembered);

  /// The headers that follow are of a frame of that segment. `local_facts`: of the one header that the frame
  /// has, if it was read without tshark, else null; they outlive the frame.
  void begin_frame(std::uint32_t segment, const StreamFacts* local_facts) noexcept {
    segment_ = segment;
    local_facts_ = local_facts;
  }

  [[nodiscard]] std::uint64_t translate(const Packet& header, bool quoted) override;

  /// No more frames of the segment will come.
  void end_segment(std::uint32_t segment) { directory_.end_segment(segment); }

 private:
  const StreamFactsReader facts_;
  StreamDirectory directory_;
  std::uint32_t segment_ = 0;
  const StreamFacts* local_facts_ = nullptr;
  std::int64_t clock_ns_ = INT64_MIN;  // the largest time so far
};

}  // namespace flowmeter
