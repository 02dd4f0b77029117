#include "schema/sample_statistics.h"

#include <array>

namespace flowmeter {

const char* suffix(Statistic statistic) noexcept {
  constexpr std::array names = {"mean", "std", "variance", "min", "max"};
  return names[static_cast<std::size_t>(statistic)];
}

const char* phrase(Statistic statistic) noexcept {
  switch (statistic) {
    case Statistic::mean:
      return "mean";
    case Statistic::std:
      return "sample standard deviation";
    case Statistic::variance:
      return "sample variance";
    case Statistic::min:
      return "smallest";
    case Statistic::max:
      return "largest";
  }
  return "";
}

void write_statistic(Cell& cell, Statistic statistic, const SizeDistribution& sizes) {
  if (sizes.count == 0) return cell.none();
  switch (statistic) {
    case Statistic::mean:
      return cell.out.real(mean(sizes));
    case Statistic::std:
      return cell.out.real(sample_std(sizes));
    case Statistic::variance:
      return cell.out.real(sample_variance(sizes));
    case Statistic::min:
      return cell.out.natural(sizes.min);
    case Statistic::max:
      return cell.out.natural(sizes.max);
  }
}

void write_statistic(Cell& cell, Statistic statistic, const GapDistribution& times, TimeUnit unit) {
  if (times.count == 0) return cell.none();
  const auto in_unit = [unit](std::int64_t ns) { return quotient(ns, static_cast<std::int64_t>(unit)); };
  switch (statistic) {
    case Statistic::mean:
      return cell.out.real(mean(times, unit));
    case Statistic::std:
      return cell.out.real(sample_std(times, unit));
    case Statistic::variance:
      return cell.out.real(sample_variance(times, unit));
    case Statistic::min:
      return cell.out.real(in_unit(times.min));
    case Statistic::max:
      return cell.out.real(in_unit(times.max));
  }
}

}  // namespace flowmeter
