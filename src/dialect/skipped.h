#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"
#include "dialect/parser.h"

namespace flowmeter {

/// Damaged records that were passed over.
struct SkippedRecords {
  std::uint64_t count = 0;
  std::string first;  ///< what was wrong with the first of them, and where
};

/// Decides what becomes of records that cannot be read: the first one ends the input, or they are left out
/// and counted.
class RecordSkipper {
 public:
  explicit RecordSkipper(bool keep_going = false, bool refuse_cut_values = false)
      : keep_going_(keep_going), refuse_cut_values_(refuse_cut_values) {}

  /// Damaged records do not end the input.
  void keep_going() noexcept { keep_going_ = true; }

  /// Records that columns did not hold are not left out.
  void refuse_cut_values() noexcept { refuse_cut_values_ = true; }

  [[nodiscard]] bool keeps_going() const noexcept { return keep_going_; }

  /// A damaged record. `why` says where. Throws InputError if that ends the input, with `nothing_done`.
  void damaged(const std::string& why, bool nothing_done = false) {
    if (!keep_going_) throw InputError(why, nothing_done);
    skip(why);
  }

  /// A record that columns did not hold. Throws the error if it is refused.
  void cut(const CutValue& error, const std::string& why) {
    if (refuse_cut_values_) throw error;
    skip(why);
  }

  [[nodiscard]] const SkippedRecords& skipped() const noexcept { return skipped_; }

 private:
  void skip(const std::string& why) {
    if (skipped_.count++ == 0) skipped_.first = why;
  }

  bool keep_going_, refuse_cut_values_;
  SkippedRecords skipped_;
};

}  // namespace flowmeter
