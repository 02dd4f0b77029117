#pragma once

#include <span>

#include "base/error.h"
#include "dialect/record.h"

namespace flowmeter {

/// A record that may be sound, but stands where none can be. It was not changed, and can be parsed again.
class MisplacedRecord : public InputError {
 public:
  using InputError::InputError;
};

/// Reads the records of one dialect of tshark's output.
class RecordParser {
 public:
  virtual ~RecordParser() = default;

  /// Reads one whole record into `record` (cleared first, sealed behind). False if it holds no frame
  /// (an index line, a blank line). The text may be changed in place, the byte behind it is a NUL;
  /// the values in `record` are views into it.
  /// Throws InputError, without the place, for text that is not of this dialect; the next record may be
  /// sound again.
  virtual bool parse(std::span<char> text, Record& record) = 0;
};

}  // namespace flowmeter
