#pragma once

#include <boost/multiprecision/cpp_int.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace flowmeter {

/// A whole number of any size. Without expression templates: what an expression gives is a number, never a
/// reference to temporaries (and what checks for those has nothing to say).
using Integer =
    boost::multiprecision::number<boost::multiprecision::cpp_int_backend<>, boost::multiprecision::et_off>;

/// A decimal number of any size, exactly: mantissa / 10^scale, with as few decimals as it takes.
struct Decimal {
  Integer mantissa;
  unsigned scale = 0;

  friend bool operator==(const Decimal&, const Decimal&) = default;
};

/// Most digits, and the largest exponent, of a number that is read: far beyond what protocols carry, and
/// little enough for a hostile capture to cost nothing.
inline constexpr unsigned most_digits = 4096;

/// Reads a number as tshark prints values: decimal, with a fraction and an exponent if need be;
/// hexadecimal behind 0x; True and False. Nothing for other text.
[[nodiscard]] std::optional<Decimal> parse_decimal(std::string_view text);

/// Negative, zero or positive, as a is less than, equal to or greater than b.
[[nodiscard]] int compare(const Decimal& a, const Decimal& b);

/// 10^exponent.
[[nodiscard]] Integer power_of_ten(unsigned exponent);

}  // namespace flowmeter
