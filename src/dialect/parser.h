#pragma once

#include <span>

#include "dialect/record.h"

namespace flowmeter {

/// Reads the records of one dialect of tshark's output.
class RecordParser {
 public:
  virtual ~RecordParser() = default;

  /// Reads one whole record into `record` (cleared first, sealed behind). False if it holds no frame
  /// (an index line, a blank line). The text may be changed in place, the byte behind it is a NUL;
  /// the values in `record` are views into it.
  /// Throws InputError, without the place, for text that is not of this dialect.
  virtual bool parse(std::span<char> text, Record& record) = 0;
};

}  // namespace flowmeter
