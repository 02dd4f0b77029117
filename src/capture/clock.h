#pragma once

#include <string>

namespace flowmeter {

/// How the times of a capture are written.
enum class ClockKind {
  plain,   ///< as every tool copies them
  odd,     ///< by an interface of pcapng whose clock other tools round, or set to 1970
  packed,  ///< by such an interface, in a compressed file
};

/// Of the interfaces before the first frame; `plain` for what cannot be read.
[[nodiscard]] ClockKind clock_of(const std::string& file);

}  // namespace flowmeter
