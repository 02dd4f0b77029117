#include "stats/moments.h"

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <boost/multiprecision/cpp_int.hpp>

#include "stats/double_double.h"

namespace flowmeter {
namespace {

namespace mp = boost::multiprecision;

/// Wide enough for any distribution: n * max stays below 2^127, its fourth power below 2^508.
using Wide = mp::number<mp::cpp_int_backend<640, 640, mp::signed_magnitude, mp::unchecked, void>, mp::et_off>;

/// For small sets, which most are: n * max below 2^30.
using Narrow =
    mp::number<mp::cpp_int_backend<127, 127, mp::signed_magnitude, mp::unchecked, void>, mp::et_off>;

/// For the one case in 2^40 in which double-double cannot tell between two neighbours.
using Precise = mp::number<mp::cpp_bin_float<2560, mp::digit_base_2, void, std::int32_t>, mp::et_off>;

constexpr std::uint64_t divisor_of(TimeUnit unit) { return static_cast<std::uint64_t>(unit); }

template <class Int, std::size_t N>
Int to_int(WideInt<N> number) {
  const bool negative = number.negative();
  if (negative) {
    WideInt<N> zero;
    zero.subtract(number.limbs);
    number = zero;
  }
  Int value = 0;
  std::size_t used = N;
  while (used > 0 && number.limbs[used - 1] == 0) --used;
  for (std::size_t i = used; i-- > 0;) {
    if (i + 1 != used) value <<= 64;
    value |= number.limbs[i];
  }
  return negative ? Int(-value) : value;
}

template <class Int>
DoubleDouble to_double_double(const Int& value) {
  Int rest = value < 0 ? Int(-value) : value;
  if (rest == 0) return {};
  const auto bits = static_cast<int>(mp::msb(rest)) + 1;
  double high = 0, low = 0;
  if (bits <= 53) {
    high = static_cast<double>(static_cast<std::uint64_t>(rest));
  } else {
    const int shift = bits - 53;
    const Int top = rest >> shift;
    high = std::ldexp(static_cast<double>(static_cast<std::uint64_t>(top)), shift);
    rest -= top << shift;
    if (shift > 53) {
      low = std::ldexp(static_cast<double>(static_cast<std::uint64_t>(rest >> (shift - 53))), shift - 53);
    } else {
      low = static_cast<double>(static_cast<std::uint64_t>(rest));
    }
  }
  return value < 0 ? DoubleDouble{-high, -low} : DoubleDouble{high, low};
}

/// The double nearest to `approximate`, whose relative error is under 2^-95; `exact` is asked when
/// the error could matter (Ziv's rounding test).
template <class Exact>
double nearest(DoubleDouble approximate, Exact exact) {
  const double error = std::ldexp(std::fabs(approximate.high), -95);
  const double below = approximate.high + (approximate.low - error);
  const double above = approximate.high + (approximate.low + error);
  return below == above ? below : static_cast<double>(exact());
}

template <class Int>
double ratio(const Int& numerator, const Int& denominator) {
  if (numerator == 0) return 0;
  return nearest(to_double_double(numerator) / to_double_double(denominator),
                 [&] { return Precise(Precise(numerator) / Precise(denominator)); });
}

/// The square root of `square`, over `divisor`.
template <class Int>
double root_ratio(const Int& square, const Int& divisor) {
  return nearest(sqrt(to_double_double(square)) / to_double_double(divisor),
                 [&] { return Precise(sqrt(Precise(square)) / Precise(divisor)); });
}

template <class Int, class Dist>
Moments compute(const Dist& samples, std::uint64_t scale) {
  const Int n = samples.count;
  const Int s1 = to_int<Int>(samples.sum1), s2 = to_int<Int>(samples.sum2);
  const Int divisor = n * Int(scale);
  Moments result;
  result.mean = ratio(s1, divisor);
  const Int square = s1 * s1;
  const Int m2 = n * s2 - square;  // n^2 times the second central moment
  if (m2 == 0) return result;
  const Int s3 = to_int<Int>(samples.sum3), s4 = to_int<Int>(samples.sum4);
  const Int m3 = n * (n * s3 - 3 * s1 * s2) + 2 * square * s1;                              // n^3 times
  const Int m4 = n * (n * (n * s4 - 4 * s1 * s3) + 6 * square * s2) - 3 * square * square;  // n^4
  const Int m2_squared = m2 * m2;

  result.std = root_ratio(m2, divisor);
  if (m3 != 0) {
    const DoubleDouble m2_near = to_double_double(m2);
    result.skewness = nearest(to_double_double(m3) / (m2_near * sqrt(m2_near)),
                              [&] { return Precise(Precise(m3) / (Precise(m2) * sqrt(Precise(m2)))); });
  }
  result.kurtosis = ratio(Int(m4 - 3 * m2_squared), m2_squared);
  return result;
}

/// What `compute` makes of a zero of the narrowest type that holds all it needs.
template <class Dist, class Compute>
auto in_width_of(const Dist& samples, Compute compute) {
  const auto magnitude = [](auto x) {
    const auto wide = static_cast<std::uint64_t>(x);
    return x < 0 ? 0 - wide : wide;
  };
  const std::uint64_t most = std::max(magnitude(samples.max), magnitude(samples.min));
  const Product reach = multiply(samples.count, most);
  const bool small = reach.high == 0 && reach.low < (1U << 30) && samples.count < (1U << 30);
  return small ? compute(Narrow()) : compute(Wide());
}

template <class Dist>
Moments all_moments(const Dist& samples, std::uint64_t scale) {
  if (samples.count == 0) return {};
  return in_width_of(samples, [&]<class Int>(Int) { return compute<Int>(samples, scale); });
}

template <class Dist>
double mean_of(const Dist& samples, std::uint64_t scale) {
  if (samples.count == 0) return 0;
  return in_width_of(samples, [&]<class Int>(Int) {
    return ratio(to_int<Int>(samples.sum1), Int(Int(samples.count) * Int(scale)));
  });
}

/// n (n - 1) times the variance of a sample of n > 1.
template <class Int, class Dist>
Int spread(const Dist& samples) {
  const Int s1 = to_int<Int>(samples.sum1);
  return Int(samples.count) * to_int<Int>(samples.sum2) - s1 * s1;
}

template <class Dist>
double sample_variance_of(const Dist& samples, std::uint64_t scale) {
  if (samples.count < 2) return 0;
  return in_width_of(samples, [&]<class Int>(Int) {
    const Int n = samples.count, unit = scale;
    return ratio(spread<Int>(samples), Int(n * Int(n - 1) * unit * unit));
  });
}

template <class Dist>
double sample_std_of(const Dist& samples, std::uint64_t scale) {
  if (samples.count < 2) return 0;
  return in_width_of(samples, [&]<class Int>(Int) {
    const Int n = samples.count, divisor = n * Int(n - 1), square = spread<Int>(samples);
    if (square == 0) return 0.0;
    const DoubleDouble root = sqrt(to_double_double(square) / to_double_double(divisor));
    return nearest(root / to_double_double(Int(scale)),
                   [&] { return Precise(sqrt(Precise(square) / Precise(divisor)) / Precise(scale)); });
  });
}

}  // namespace

Moments moments(const SizeDistribution& sizes) { return all_moments(sizes, 1); }

Moments moments(const GapDistribution& gaps) { return all_moments(gaps, divisor_of(TimeUnit::second)); }

double mean(const SizeDistribution& sizes) { return mean_of(sizes, 1); }

double mean(const GapDistribution& gaps, TimeUnit unit) { return mean_of(gaps, divisor_of(unit)); }

double sample_variance(const SizeDistribution& sizes) { return sample_variance_of(sizes, 1); }

double sample_variance(const GapDistribution& gaps, TimeUnit unit) {
  return sample_variance_of(gaps, divisor_of(unit));
}

double sample_std(const SizeDistribution& sizes) { return sample_std_of(sizes, 1); }

double sample_std(const GapDistribution& gaps, TimeUnit unit) {
  return sample_std_of(gaps, divisor_of(unit));
}

double seconds(std::int64_t ns) { return quotient(ns, 1'000'000'000); }

double microseconds(std::int64_t ns) { return quotient(ns, 1000); }

double quotient(std::int64_t numerator, std::int64_t divisor) {
  constexpr std::int64_t exact = std::int64_t{1} << 53;
  const auto small = [](std::int64_t x) { return x > -exact && x < exact; };
  if (divisor == 0) return 0;
  if (small(numerator) && small(divisor)) {
    return static_cast<double>(numerator) / static_cast<double>(divisor);
  }
  return ratio(Wide(numerator), Wide(divisor));
}

double per_second(std::uint64_t amount, std::int64_t ns) {
  if (ns == 0) return 0;
  return ratio(Wide(Wide(amount) * divisor_of(TimeUnit::second)), Wide(ns));
}

MeanStd mean_std(const TimeSpread& times, TimeUnit unit) {
  if (times.count == 0) return {};
  const Wide n = times.count, sum = to_int<Wide>(times.sum1);
  const Wide divisor = n * Wide(divisor_of(unit));
  const Wide m2 = n * to_int<Wide>(times.sum2) - sum * sum;  // n^2 times the second central moment
  return {ratio(sum, divisor), m2 == 0 ? 0 : root_ratio(m2, divisor)};
}

}  // namespace flowmeter
