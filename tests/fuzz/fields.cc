// tshark -T fields -E header=y: a table that names its columns.

#include "fuzz.h"
#include "text.h"

FUZZ_TARGET(fields) {
  using namespace flowmeter;
  fuzz::meter_text(
      [](const FieldSet& fields) { return std::make_unique<DialectSource>(InputKind::fields, fields); },
      fuzz::text_of(data, size));
  return 0;
}
