#pragma once

#include <compare>

namespace flowmeter {

/// A tshark version, as far as behaviour depends on it.
struct TsharkVersion {
  int major = 0, minor = 0, patch = 0;

  [[nodiscard]] bool known() const noexcept { return major != 0; }

  friend auto operator<=>(const TsharkVersion&, const TsharkVersion&) = default;
};

}  // namespace flowmeter
