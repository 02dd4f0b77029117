#pragma once

#include <cstdint>
#include <vector>

namespace flowmeter {

/// Shannon's entropy, in bits, of a distribution that occurred in these counts: 0 for one kind or none.
/// The order of the counts makes no difference.
[[nodiscard]] double entropy_bits(std::vector<std::uint64_t> counts);

}  // namespace flowmeter
