#include "stats/entropy.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace flowmeter {

double entropy_bits(std::vector<std::uint64_t> counts) {
  std::erase(counts, 0U);
  if (counts.size() < 2) return 0;
  std::sort(counts.begin(), counts.end());
  const auto total =
      static_cast<long double>(std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}));
  long double bits = 0;
  for (const std::uint64_t count : counts) {
    const long double share = static_cast<long double>(count) / total;
    bits -= share * std::log2(share);
  }
  return static_cast<double>(bits);
}

}  // namespace flowmeter
