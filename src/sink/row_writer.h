#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace flowmeter {

/// Appends the shortest decimal that reads back to the same double; exponent form below 1e-4 and
/// from 1e16 on (as Python prints floats, but 5 for 5.0). No locale; -0 is 0.
void append_real(std::string& out, double value);

/// Writes rows in some format, cell by cell.
class RowWriter {
 public:
  virtual ~RowWriter() = default;

  /// Names of the columns, before the first row.
  virtual void header(const std::vector<std::string>& names) = 0;

  virtual void integer(std::int64_t value) = 0;
  virtual void natural(std::uint64_t value) = 0;
  virtual void real(double value) = 0;
  virtual void text(std::string_view value) = 0;

  /// A cell without a value, for which the run has that word.
  virtual void none(std::string_view token) { text(token); }

  /// Ends the row.
  virtual void end_row() = 0;
};

}  // namespace flowmeter
