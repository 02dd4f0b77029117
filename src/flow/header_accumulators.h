#pragma once

#include <memory>
#include <optional>
#include <tuple>

#include "flow/accumulator.h"

namespace flowmeter {

/// The transport headers of one direction: tcp.hdr_len, or 8 for UDP.
struct Headers {
  std::uint64_t bytes = 0;                  ///< of all of them
  std::optional<std::uint8_t> least_bytes;  ///< of the shortest

  static constexpr auto members() { return std::tuple(&Headers::bytes, &Headers::least_bytes); }
};
using HeaderState = PerDirection<Headers>;
[[nodiscard]] std::unique_ptr<Accumulator> make_headers(AccumulatorContext& context);

/// The window that the first packet of each direction announces, as it stands in the header, unscaled;
/// 0 for UDP, none without a packet of the direction.
using FirstWindowState = PerDirection<std::optional<std::uint16_t>>;
[[nodiscard]] std::unique_ptr<Accumulator> make_first_windows(AccumulatorContext& context);

}  // namespace flowmeter
