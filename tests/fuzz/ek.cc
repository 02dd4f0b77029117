// tshark -T ek: lines of JSON.

#include "fuzz.h"
#include "text.h"

FUZZ_TARGET(ek) {
  using namespace flowmeter;
  fuzz::meter_text(
      [](const FieldSet& fields) { return std::make_unique<DialectSource>(InputKind::ek, fields); },
      fuzz::text_of(data, size));
  return 0;
}
