#include "flow/state_decimal.h"

#include <algorithm>

namespace flowmeter {

void write_state(StateWriter& out, const Integer& number) { out(number.str()); }

void write_state(StateWriter& out, const Decimal& number) { out(number.scale, number.mantissa); }

void read_state(StateReader& in, Integer& number) {
  const std::string_view element = in.next();
  const std::string_view digits = element.substr(element.starts_with('-') ? 1 : 0);
  if (digits.empty() ||
      !std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    StateReader::refuse(element);
  }
  number = Integer(std::string(element));
}

void read_state(StateReader& in, Decimal& number) { in(number.scale, number.mantissa); }

}  // namespace flowmeter
