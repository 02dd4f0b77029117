// What an input is must not depend on the pieces in which it comes.

#include <algorithm>

#include "dialect/sniff.h"
#include "fuzz.h"

FUZZ_TARGET(sniff) {
  using namespace flowmeter;
  const std::string_view input = fuzz::text_of(data, size);
  const auto whole = sniff(input, true);
  fuzz::require(whole.has_value(), "a whole input is something");
  for (std::size_t count = 0; count <= input.size(); ++count) {
    const auto kind = sniff(input.substr(0, count), false);
    if (!kind) {
      fuzz::require(count < sniff_bytes, "the bytes that are said to be enough are enough");
      continue;
    }
    // Text of blanks alone is empty, but may be cut off at the end of what is looked at.
    if (count < sniff_bytes) fuzz::require(kind == whole, "more bytes make no other kind");
    fuzz::require(kind != InputKind::empty, "nothing is empty before its end");
    break;
  }
  return 0;
}
