#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>

#include "packet/decoder.h"
#include "packet/stream_directory.h"
#include "packet/stream_facts.h"

namespace flowmeter {

/// Numbers the streams of several segments as those of one input: a conversation goes on from
/// segment to segment by the rules of the StreamDirectory, for TCP by the numbers in its headers where they
/// are there, else by its endpoints. Segments follow each other, or their frames are mixed.
class JoinedStreams final : public StreamNumbers {
 public:
  /// Adds to `fields` what it reads. The others: as of a StreamDirectory.
  JoinedStreams(FieldSet& fields, std::chrono::nanoseconds idle, std::size_t remembered, StreamRules rules);

  [[nodiscard]] std::uint64_t translate(const Packet& header, bool quoted) override;

  /// The headers that follow are of another segment, and those of the present one are over.
  void begin_segment() override;

  /// The headers that follow are of a frame of that segment. `local_facts`: of the one header that the frame
  /// has, if it was parsed without tshark, else null; they outlive the frame.
  void begin_frame(std::uint32_t segment, const StreamFacts* local_facts) noexcept {
    segment_ = segment;
    local_facts_ = local_facts;
    is_context_ = false;
  }

  /// The headers that follow are of a frame that the segment's tshark was shown as context, see
  /// StreamDirectory::learn_context(): they keep their numbers, which mean nothing outside of the segment.
  void begin_context(std::uint32_t segment) noexcept {
    begin_frame(segment, nullptr);
    is_context_ = true;
  }

  /// No more frames of the segment will come.
  void end_segment(std::uint32_t segment);

 private:
  const StreamFactsReader facts_;
  /// TCP and UDP have the first one together.
  std::array<std::unique_ptr<StreamDirectory>, transport_count> directories_;
  std::uint32_t segment_ = 0;
  const StreamFacts* local_facts_ = nullptr;
  bool is_context_ = false;
  std::int64_t clock_ns_ = INT64_MIN;  // the largest time so far
};

}  // namespace flowmeter
