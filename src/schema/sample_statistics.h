#pragma once

#include "schema/column.h"

namespace flowmeter {

/// A statistic of a sample; the standard deviation and the variance divide by n - 1.
enum class Statistic : std::uint8_t { mean, std, variance, min, max };

/// In names: "mean", "std", "variance", "min", "max".
[[nodiscard]] const char* suffix(Statistic statistic) noexcept;

/// For descriptions: "mean", "sample standard deviation", "smallest", ...
[[nodiscard]] const char* phrase(Statistic statistic) noexcept;

/// Prints a statistic of sizes, in bytes.
void write_statistic(Cell& cell, Statistic statistic, const SizeDistribution& sizes);

/// Prints a statistic of times, in that unit (its square, for the variance).
void write_statistic(Cell& cell, Statistic statistic, const GapDistribution& times, TimeUnit unit);

}  // namespace flowmeter
