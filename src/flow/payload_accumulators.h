#pragma once

#include <memory>
#include <tuple>

#include "flow/accumulator.h"
#include "stats/distribution.h"

namespace flowmeter {

/// What the packets of one direction carry for the transport: tcp.len, or udp.length less 8.
struct Payloads {
  SizeDistribution bytes;          ///< of every packet, the empty ones too
  std::uint64_t data_packets = 0;  ///< packets that carry at least one byte

  static constexpr auto members() { return std::tuple(&Payloads::bytes, &Payloads::data_packets); }
};

/// Payloads by direction, and the time that they took.
struct PayloadState {
  PerDirection<Payloads> of;
  std::int64_t start_ns = 0;     ///< time of the first packet
  std::int64_t previous_ns = 0;  ///< time of the last packet
  std::uint64_t subflows = 0;    ///< a gap of more than a second, of either direction, begins the next

  /// Of both directions.
  [[nodiscard]] SizeDistribution both() const noexcept;

  static constexpr auto members() {
    return std::tuple(&PayloadState::of, &PayloadState::start_ns, &PayloadState::previous_ns,
                      &PayloadState::subflows);
  }
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

  static constexpr auto members() {
    return std::tuple(&Bulks::count, &Bulks::packets, &Bulks::bytes, &Bulks::duration_ns);
  }
};
struct BulkState {
  /// One run, long enough for a bulk or not.
  struct Run {
    std::uint64_t packets = 0;  ///< 0: there is none
    std::uint64_t bytes = 0;
    std::int64_t start_ns = 0, end_ns = 0;  ///< times of its first and last packet
    Direction direction = Direction::forward;

    static constexpr auto members() {
      return std::tuple(&Run::packets, &Run::bytes, &Run::start_ns, &Run::end_ns, &Run::direction);
    }
  };
  PerDirection<Bulks> ended;  ///< of runs that have ended, but for the first
  Run first;                  ///< if it has ended; parts of the flow before this one may lengthen it
  Run last;                   ///< that the last payload packet belongs to

  /// The bulks of a direction, the first and the last run's too.
  [[nodiscard]] Bulks bulks(Direction direction) const noexcept;

  static constexpr auto members() {
    return std::tuple(&BulkState::ended, &BulkState::first, &BulkState::last);
  }
};
[[nodiscard]] std::unique_ptr<Accumulator> make_bulks(AccumulatorContext& context);

}  // namespace flowmeter
