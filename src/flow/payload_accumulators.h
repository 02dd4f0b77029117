#pragma once

#include <array>
#include <memory>

#include "flow/accumulator.h"
#include "stats/distribution.h"

namespace flowmeter {

/// What the packets of one direction carry for the transport: tcp.len, or udp.length less 8.
struct Payloads {
  SizeDistribution bytes;          ///< of every packet, the empty ones too
  std::uint64_t data_packets = 0;  ///< packets that carry at least one byte
};

/// Payloads by direction, and the time that they took.
struct PayloadState {
  std::array<Payloads, 2> of;
  std::int64_t start_ns = 0;     ///< time of the first packet
  std::int64_t previous_ns = 0;  ///< time of the last packet
  std::uint64_t subflows = 0;    ///< a gap of more than a second, of either direction, begins the next

  /// Of both directions.
  [[nodiscard]] SizeDistribution both() const noexcept;
};
[[nodiscard]] std::unique_ptr<Accumulator> make_payloads(AccumulatorContext& context);

/// The bulks of one direction. A run is a row of packets with payload in one direction, without a
/// payload packet of the other direction and without a gap of more than a second between them; a run
/// of four packets or more is a bulk.
struct Bulks {
  std::uint64_t count = 0;
  std::uint64_t packets = 0;  ///< of all bulks
  std::uint64_t bytes = 0;
  std::int64_t duration_ns = 0;  ///< sum of last minus first packet; below 0 if time runs backwards
};
struct BulkState {
  std::array<Bulks, 2> bulks;
  // The run that the last payload packet belongs to; counted among the bulks as soon as it is one.
  std::uint64_t run_packets = 0;
  std::uint64_t run_bytes = 0;
  std::int64_t run_start_ns = 0;
  std::int64_t previous_ns = 0;  ///< time of the last payload packet
  Direction run_direction = Direction::forward;
};
[[nodiscard]] std::unique_ptr<Accumulator> make_bulks(AccumulatorContext& context);

}  // namespace flowmeter
