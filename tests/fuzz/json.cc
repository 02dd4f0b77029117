// tshark -T json: one array, read piece by piece.

#include "fuzz.h"
#include "text.h"

FUZZ_TARGET(json) {
  using namespace flowmeter;
  fuzz::meter_text(
      [](const FieldSet& fields) { return std::make_unique<DialectSource>(InputKind::json, fields); },
      fuzz::text_of(data, size));
  return 0;
}
