#include "stats/decimal_sums.h"

namespace flowmeter {

void DecimalSums::add(const Decimal& sample) {
  if (count_ == 0 || compare(sample, min_) < 0) min_ = sample;
  if (count_ == 0 || compare(sample, max_) > 0) max_ = sample;
  ++count_;
  widen(sample.scale);
  Integer x = sample.mantissa;
  if (sample.scale < scale_) x *= power_of_ten(scale_ - sample.scale);
  Integer power = x;
  for (Integer& sum : sums_) {
    sum += power;
    power *= x;
  }
}

void DecimalSums::widen(unsigned scale) {
  if (scale <= scale_) return;
  const Integer factor = power_of_ten(scale - scale_);
  Integer power = factor;
  for (Integer& sum : sums_) {
    sum *= power;
    power *= factor;
  }
  scale_ = scale;
}

void DecimalSums::merge(const DecimalSums& other) {
  if (other.count_ == 0) return;
  if (count_ == 0 || compare(other.min_, min_) < 0) min_ = other.min_;
  if (count_ == 0 || compare(other.max_, max_) > 0) max_ = other.max_;
  count_ += other.count_;
  DecimalSums more = other;
  more.widen(scale_);
  widen(other.scale_);
  for (std::size_t power = 0; power < sums_.size(); ++power) sums_[power] += more.sums_[power];
}

Ratio DecimalSums::sum() const { return {sums_[0], power_of_ten(scale_)}; }

Ratio DecimalSums::mean() const { return {sums_[0], count_ * power_of_ten(scale_)}; }

Integer DecimalSums::second() const { return count_ * sums_[1] - sums_[0] * sums_[0]; }

Ratio DecimalSums::variance() const {
  return {second(), Integer(count_) * count_ * power_of_ten(2 * scale_)};
}

Ratio DecimalSums::sample_variance() const {
  if (count_ == 1) return {0, 1};
  return {second(), Integer(count_) * (count_ - 1) * power_of_ten(2 * scale_)};
}

double DecimalSums::skewness() const {
  const Integer m2 = second();
  if (m2 == 0) return 0;
  const Integer n = count_, &a = sums_[0];
  const Integer m3 = n * n * sums_[2] - 3 * n * a * sums_[1] + 2 * a * a * a;
  const double size = nearest_root({m3 * m3, m2 * m2 * m2});
  return m3 < 0 ? -size : size;
}

double DecimalSums::kurtosis() const {
  const Integer m2 = second();
  if (m2 == 0) return -3;
  const Integer n = count_, &a = sums_[0];
  const Integer m4 =
      n * n * n * sums_[3] - 4 * n * n * a * sums_[2] + 6 * n * a * a * sums_[1] - 3 * a * a * a * a;
  return nearest({m4 - 3 * m2 * m2, m2 * m2});
}

double DecimalSums::variation() const {
  if (sums_[0] == 0) return 0;
  const double size = nearest_root({second(), sums_[0] * sums_[0]});
  return sums_[0] < 0 ? -size : size;
}

}  // namespace flowmeter
