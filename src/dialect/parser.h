#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "dialect/record.h"

namespace flowmeter {

/// What stood between a frame's record and that of the frame before it.
enum class Between : std::uint8_t {
  nothing,     ///< index lines and blanks at most
  text,        ///< text that is none of tshark's dialects
  statistics,  ///< what tshark's -z prints behind its last frame
  beginning,   ///< a header line: another output of tshark begins
};

/// A record of custom columns that do not hold all of its values; other forms of tshark's output do.
class CutValue : public InputError {
 public:
  explicit CutValue(const std::string& field)
      : InputError(field + " has more values than tshark's columns hold; --decoder ek has no such limit") {}
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

  /// Of the frame last parsed.
  [[nodiscard]] Between before() const noexcept { return before_; }

 protected:
  /// Something that is no frame was met with.
  void meet(Between what) noexcept { met_ = std::max(met_, what); }
  /// The text was a frame's.
  void take_frame() noexcept { before_ = std::exchange(met_, Between::nothing); }
  [[nodiscard]] Between met() const noexcept { return met_; }

 private:
  Between before_ = Between::nothing, met_ = Between::nothing;
};

/// Whether a line is drawn with `=`, as above and below the tables of tshark's statistics.
[[nodiscard]] inline bool is_rule(std::string_view line) noexcept {
  constexpr std::size_t least = 8;
  return line.size() >= least && line.find_first_not_of('=') == std::string_view::npos;
}

}  // namespace flowmeter
