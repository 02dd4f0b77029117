#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "dialect/fields.h"

namespace flowmeter {

/// One frame as tshark wrote it: for each field of the run's FieldSet its values, in the order in
/// which they occur in the frame (outer headers first). The values are views into the text that a
/// dialect parsed; they live until that text is let go, which is before the next record is read.
/// Reused for every frame, so that nothing is allocated once the largest frame has been seen.
class Record {
 public:
  explicit Record(std::size_t field_count) : slots_(field_count) {}

  void clear() noexcept;

  /// Adds a value behind the field's earlier ones. `nested`: found inside of another layer's tree
  /// (a header quoted by ICMP, a message carried by an application), see seal().
  void add(FieldId field, std::string_view value, bool nested = false);

  /// Must be called between the last add() and the first values(). `nested_last`: put values that
  /// were found inside of another layer behind the others; for documents whose members come in no
  /// particular order (whole EK trees since tshark 4.2 or so).
  void seal(bool nested_last);

  /// The text ends before the last of the field's values.
  void mark_cut(FieldId field) noexcept { cut_ = field; }
  [[nodiscard]] bool is_cut(FieldId field) const noexcept { return cut_ == field && field != no_field; }

  /// The text says that the frame has no time stamp.
  void mark_timeless() noexcept { timeless_ = true; }
  [[nodiscard]] bool is_timeless() const noexcept { return timeless_; }

  /// The text has the whole dissection of the frame: what it does not have, the frame does not have.
  void mark_complete() noexcept { complete_ = true; }
  [[nodiscard]] bool is_complete() const noexcept { return complete_; }

  /// By FieldId, whether the text has a column for the field; null if it does not say. Lives as long as the
  /// parser.
  void set_columns(const std::vector<bool>& columns) noexcept { columns_ = &columns; }
  [[nodiscard]] const std::vector<bool>* columns() const noexcept { return columns_; }

  [[nodiscard]] std::span<const std::string_view> values(FieldId field) const noexcept {
    const Slot& slot = slots_[field];
    return {values_.data() + slot.first, slot.count};
  }

  /// The first value, or an empty view.
  [[nodiscard]] std::string_view first(FieldId field) const noexcept {
    const Slot& slot = slots_[field];
    return slot.count == 0 ? std::string_view{} : values_[slot.first];
  }

  [[nodiscard]] bool has(FieldId field) const noexcept { return slots_[field].count != 0; }

 private:
  struct Slot {
    std::uint32_t first = 0;
    std::uint32_t count = 0;
  };

  std::vector<Slot> slots_;
  std::vector<std::string_view> values_;
  std::vector<FieldId> owners_;       // of values_, until seal()
  std::vector<std::uint8_t> nested_;  // likewise
  std::vector<std::string_view> sorted_;
  FieldId cut_ = no_field;
  const std::vector<bool>* columns_ = nullptr;
  bool timeless_ = false;
  bool complete_ = false;
  bool scattered_ = false;  // some field's values are not next to each other
  bool any_nested_ = false;
};

}  // namespace flowmeter
