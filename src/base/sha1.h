#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace flowmeter {

/// SHA-1 (FIPS 180-4), for identifiers that are defined by it; not for security.
[[nodiscard]] std::array<std::uint8_t, 20> sha1(std::span<const std::uint8_t> data);

}  // namespace flowmeter
