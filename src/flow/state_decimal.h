#pragma once

#include "flow/state_text.h"
#include "stats/decimal.h"

namespace flowmeter {

// Exact numbers as elements of a state: the digits of an integer as a string, of a decimal number its scale
// before them.

void write_state(StateWriter& out, const Integer& number);
void write_state(StateWriter& out, const Decimal& number);

/// Throw InputError for what write_state() does not write.
void read_state(StateReader& in, Integer& number);
void read_state(StateReader& in, Decimal& number);

}  // namespace flowmeter
