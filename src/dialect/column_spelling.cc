#include "dialect/column_spelling.h"

#include <array>
#include <cstddef>

#include "base/parse.h"
#include "dialect/known_fields.h"

namespace flowmeter {
namespace {

/// "0x" and `digits` digits for each of the numbers below `count`.
template <std::size_t digits, std::size_t count>
constexpr auto hexadecimals = [] {
  std::array<std::array<char, 2 + digits>, count> all{};
  for (std::size_t number = 0; number < count; ++number) {
    all[number][0] = '0';
    all[number][1] = 'x';
    for (std::size_t place = 0; place < digits; ++place) {
      all[number][1 + digits - place] = "0123456789abcdef"[number >> (4 * place) & 0xf];
    }
  }
  return all;
}();

template <std::size_t digits, std::size_t count>
std::string_view padded(std::string_view value) noexcept {
  if (value.size() >= 2 + digits) return value;
  const auto number = parse_number(value);
  if (!number || *number >= count) return value;
  const auto& text = hexadecimals<digits, count>[static_cast<std::size_t>(*number)];
  return {text.data(), text.size()};
}

}  // namespace

ColumnSpelling ColumnSpelling::of(std::string_view field) noexcept {
  const KnownField* const known = known_field(field);
  return known == nullptr ? ColumnSpelling() : known->spelling;
}

std::string_view ColumnSpelling::as_ek(std::string_view value) const noexcept {
  switch (kind_) {
    case Kind::same:
      break;
    case Kind::mark:
      return "1";
    case Kind::hexadecimal_2:
      return padded<2, 0x100>(value);
    case Kind::hexadecimal_4:
      return padded<4, 0x1000>(value);
  }
  return value;
}

}  // namespace flowmeter
