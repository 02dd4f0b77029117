#include "stats/decimal.h"

#include <algorithm>
#include <charconv>

namespace flowmeter {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Takes the digits off the beginning of a text.
std::string_view take_digits(std::string_view& text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
  const std::string_view digits = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(digits.size());
  return digits;
}

bool take(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

/// The number that digits without a sign make, in base 10 or 16.
Integer integer_of(const std::string& digits, int base) {
  std::uint64_t small = 0;
  const char* const end = digits.data() + digits.size();
  if (std::from_chars(digits.data(), end, small, base).ec == std::errc{}) return small;
  // The library takes a zero in front for the mark of an octal number.
  const std::size_t first = std::min(digits.find_first_not_of('0'), digits.size() - 1);
  return Integer((base == 16 ? "0x" : "") + digits.substr(first));
}

std::optional<Decimal> parse_hexadecimal(std::string_view digits) {
  const bool all = std::all_of(digits.begin(), digits.end(), [](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  });
  if (digits.empty() || !all || digits.size() > most_digits) return std::nullopt;
  return Decimal{integer_of(std::string(digits), 16), 0};
}

/// Reads "e-12" if it is there; nothing for an exponent that is none or too large.
std::optional<int> take_exponent(std::string_view& text) {
  if (!take(text, "eE")) return 0;
  const bool negative = !text.empty() && text.front() == '-';
  take(text, "+-");
  const std::string_view digits = take_digits(text);
  int exponent = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
  if (digits.empty() || error != std::errc{} || exponent > static_cast<int>(most_digits)) {
    return std::nullopt;
  }
  return negative ? -exponent : exponent;
}

}  // namespace

Integer power_of_ten(unsigned exponent) { return boost::multiprecision::pow(Integer(10), exponent); }

std::optional<Decimal> parse_decimal(std::string_view text) {
  if (text == "True") return Decimal{1, 0};
  if (text == "False") return Decimal{0, 0};
  if (text.starts_with("0x") || text.starts_with("0X")) return parse_hexadecimal(text.substr(2));
  const bool negative = !text.empty() && text.front() == '-';
  take(text, "+-");
  std::string digits(take_digits(text));
  std::string_view fraction;
  if (take(text, ".")) fraction = take_digits(text);
  if (digits.empty() && fraction.empty()) return std::nullopt;
  const auto exponent = take_exponent(text);
  if (!exponent || !text.empty() || digits.size() + fraction.size() > most_digits) return std::nullopt;
  while (fraction.ends_with('0')) fraction.remove_suffix(1);
  digits += fraction;

  Decimal number{digits.empty() ? Integer(0) : integer_of(digits, 10), 0};
  if (negative) number.mantissa = -number.mantissa;
  if (number.mantissa == 0) return number;
  int scale = static_cast<int>(fraction.size()) - *exponent;
  while (scale > 0 && number.mantissa % 10 == 0) {
    number.mantissa /= 10;
    --scale;
  }
  if (scale < 0) number.mantissa *= power_of_ten(static_cast<unsigned>(-scale));
  number.scale = static_cast<unsigned>(std::max(scale, 0));
  return number;
}

int compare(const Decimal& a, const Decimal& b) {
  if (a.scale == b.scale) return a.mantissa.compare(b.mantissa);
  if (a.scale < b.scale) {
    return Integer(a.mantissa * power_of_ten(b.scale - a.scale)).compare(b.mantissa);
  }
  return a.mantissa.compare(Integer(b.mantissa * power_of_ten(a.scale - b.scale)));
}

}  // namespace flowmeter
