#include "dialect/record.h"

#include <algorithm>

namespace flowmeter {

void Record::clear() noexcept {
  std::fill(slots_.begin(), slots_.end(), Slot{});
  values_.clear();
  owners_.clear();
  nested_.clear();
  cut_ = no_field;
  columns_ = nullptr;
  timeless_ = false;
  complete_ = false;
  scattered_ = false;
  any_nested_ = false;
}

void Record::add(FieldId field, std::string_view value, bool nested) {
  Slot& slot = slots_[field];
  const auto at = static_cast<std::uint32_t>(values_.size());
  if (slot.count == 0) {
    slot.first = at;
  } else if (slot.first + slot.count != at) {
    scattered_ = true;
  }
  ++slot.count;
  any_nested_ |= nested;
  values_.push_back(value);
  owners_.push_back(field);
  nested_.push_back(nested ? 1 : 0);
}

void Record::seal(bool nested_last) {
  if (!scattered_ && !(nested_last && any_nested_)) return;
  std::uint32_t first = 0;
  for (Slot& slot : slots_) {
    slot.first = first;
    first += slot.count;
    slot.count = 0;
  }
  sorted_.resize(values_.size());
  const int passes = nested_last ? 2 : 1;
  for (int pass = 0; pass < passes; ++pass) {
    for (std::size_t i = 0; i < values_.size(); ++i) {
      if (nested_last && nested_[i] != pass) continue;
      Slot& slot = slots_[owners_[i]];
      sorted_[slot.first + slot.count++] = values_[i];
    }
  }
  values_.swap(sorted_);
}

}  // namespace flowmeter
