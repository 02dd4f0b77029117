#pragma once

#include <cstdint>
#include <string>

namespace flowmeter {

/// A time as ISO 8601 text in UTC: "2023-11-14T22:13:20.000000Z". `ns` is since the Unix epoch, `digits`
/// (0 to 9) how many decimals the seconds have; the others are cut off as written.
[[nodiscard]] std::string utc_text(std::int64_t ns, unsigned digits);

}  // namespace flowmeter
