// What a tshark of ours writes with custom columns: a table whose columns are known before.

#include "fuzz.h"
#include "text.h"

FUZZ_TARGET(columns) {
  using namespace flowmeter;
  fuzz::meter_text(
      [](const FieldSet& fields) {
        return std::make_unique<DialectSource>(TsharkOutputFormat::columns, fields);
      },
      fuzz::text_of(data, size));
  return 0;
}
