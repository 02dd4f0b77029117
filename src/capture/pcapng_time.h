#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace flowmeter {

/// Time units per second that an if_tsresol value stands for, as Wireshark reads it:
/// a power of ten, or of two when the top bit is set; what does not fit is the largest number.
std::uint64_t units_per_second(std::uint8_t resolution);

/// Whether epoch_time() is exact with that many units in a second: versions of Wireshark may differ where its
/// arithmetic is not.
bool is_exact(std::uint64_t units);

/// The time of a packet: `raw` units since the epoch, plus `offset_seconds`, in Wireshark's own
/// arithmetic (64 bits, cut to nanoseconds). Nothing if it is out of the range of nanoseconds.
std::optional<std::chrono::nanoseconds> epoch_time(std::uint64_t raw, std::uint64_t units,
                                                   std::int64_t offset_seconds);

}  // namespace flowmeter
