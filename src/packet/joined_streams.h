#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <memory>

#include "packet/decoder.h"
#include "packet/stream_directory.h"
#include "packet/stream_facts.h"

namespace flowmeter {

/// Numbers the streams of segments that follow each other as those of one input: a conversation goes on from
/// segment to segment by the rules of the StreamDirectory, for TCP by the numbers in its headers where they
/// are there, else by its endpoints.
class JoinedStreams final : public StreamNumbers {
 public:
  /// Adds to `fields` what it reads. `idle` and `remembered`: as of a StreamDirectory.
  JoinedStreams(FieldSet& fields, std::chrono::nanoseconds idle, std::size_t remembered);

  [[nodiscard]] std::uint64_t translate(const Packet& header, bool quoted) override;
  void begin_segment() override;

 private:
  StreamFactsReader facts_;
  /// TCP and UDP have the first one together.
  std::array<std::unique_ptr<StreamDirectory>, transport_count> directories_;
  std::uint32_t segment_ = 0;
  std::int64_t clock_ns_ = INT64_MIN;
};

}  // namespace flowmeter
