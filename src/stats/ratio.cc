#include "stats/ratio.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace flowmeter {
namespace {

/// Bits of an integer part from which a double is rounded: more than its 53 and a bit to round by.
constexpr int enough_bits = 60;

int bits(const Integer& positive) { return static_cast<int>(msb(positive)) + 1; }

/// Integer part of ratio * 2^shift; what is cut off leaves its trace in the last bit, so that rounding
/// goes the right way.
Integer shifted(const Ratio& ratio, int shift) {
  Integer numerator = ratio.numerator, denominator = ratio.denominator;
  if (shift > 0) {
    numerator <<= shift;
  } else {
    denominator <<= -shift;
  }
  Integer quotient, rest;
  divide_qr(numerator, denominator, quotient, rest);
  if (rest != 0) quotient |= 1;
  return quotient;
}

double scaled(const Integer& value, int exponent) {
  const double result = std::ldexp(static_cast<double>(static_cast<std::uint64_t>(value)), exponent);
  return std::min(result, std::numeric_limits<double>::max());
}

}  // namespace

Ratio ratio_of(const Decimal& number) { return {number.mantissa, power_of_ten(number.scale)}; }

double nearest(const Ratio& ratio) {
  if (ratio.numerator == 0) return 0;
  const Ratio size{abs(ratio.numerator), ratio.denominator};
  const int shift = enough_bits - bits(size.numerator) + bits(size.denominator);
  const double result = scaled(shifted(size, shift), -shift);
  return ratio.numerator < 0 ? -result : result;
}

double nearest_root(const Ratio& ratio) {
  if (ratio.numerator == 0) return 0;
  int shift = 2 * enough_bits - bits(ratio.numerator) + bits(ratio.denominator);
  if (shift % 2 != 0) ++shift;
  const Integer square = shifted(ratio, shift);
  Integer rest;
  Integer root = sqrt(square, rest);
  if (rest != 0) root |= 1;
  return scaled(root, -shift / 2);
}

}  // namespace flowmeter
