#include "capture/pcapng_time.h"

#include <limits>

#include "base/parse.h"

namespace flowmeter {
namespace {

constexpr std::uint64_t billion = 1000000000;

}  // namespace

std::uint64_t units_per_second(std::uint8_t resolution) {
  const bool binary = (resolution & 0x80U) != 0;
  const unsigned exponent = resolution & 0x7FU;
  if (exponent >= (binary ? 64U : 20U)) return std::numeric_limits<std::uint64_t>::max();
  std::uint64_t units = 1;
  for (unsigned i = 0; i < exponent; ++i) units *= binary ? 2 : 10;
  return units;
}

bool is_exact(std::uint64_t units) { return units <= std::numeric_limits<std::uint64_t>::max() / billion; }

std::optional<std::chrono::nanoseconds> epoch_time(std::uint64_t raw, std::uint64_t units,
                                                   std::int64_t offset_seconds) {
  std::uint64_t seconds = raw / units;
  std::uint64_t fraction = raw % units;
  if (units == 1000000) {
    fraction *= 1000;  // the usual case, without a division
  } else if (units != billion) {
    fraction = fraction * billion / units;
  }
  seconds += static_cast<std::uint64_t>(offset_seconds);  // wraps like two's complement
  const auto ns = epoch_nanoseconds(static_cast<std::int64_t>(seconds), static_cast<std::int32_t>(fraction));
  if (!ns) return std::nullopt;
  return std::chrono::nanoseconds(*ns);
}

}  // namespace flowmeter
