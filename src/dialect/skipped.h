#pragma once

#include <cstdint>
#include <string>

namespace flowmeter {

/// Damaged records that were passed over.
struct SkippedRecords {
  std::uint64_t count = 0;
  std::string first;  ///< what was wrong with the first of them, and where
};

}  // namespace flowmeter
