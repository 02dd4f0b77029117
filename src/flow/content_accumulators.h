#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "flow/accumulator.h"

namespace flowmeter {

/// The first value of a tshark field (the kind's argument) that is not empty, in the flow's packets.
using FirstText = std::string;
[[nodiscard]] std::unique_ptr<Accumulator> make_first_text(AccumulatorContext& context);

/// What tshark takes the flow's payload for: the first protocol above the transport that is not `data`.
using ApplicationName = std::string;
[[nodiscard]] std::unique_ptr<Accumulator> make_application(AccumulatorContext& context);

/// How often each byte occurs in the payloads, by direction.
using ByteCounts = PerDirection<std::array<std::uint64_t, 256>>;
[[nodiscard]] std::unique_ptr<Accumulator> make_byte_counts(AccumulatorContext& context);

/// The first bytes of the payloads as hexadecimal digits, by direction.
using PayloadHeads = PerDirection<std::string>;
inline constexpr std::size_t payload_head_bytes = 32;
[[nodiscard]] std::unique_ptr<Accumulator> make_payload_heads(AccumulatorContext& context);

}  // namespace flowmeter
