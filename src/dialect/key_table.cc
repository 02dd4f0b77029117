#include "dialect/key_table.h"

#include <algorithm>

namespace flowmeter {

KeyTable::KeyTable(const FieldSet& fields) {
  // The index holds views into the entries: they must not move.
  const auto is_separator = [](char c) { return c == '.' || c == '_'; };
  std::size_t most = 1;
  for (const std::string& name : fields.names()) {
    most += 4 + static_cast<std::size_t>(std::count_if(name.begin(), name.end(), is_separator));
  }
  entries_.reserve(most);
  entries_.push_back({"", no_field, 0});
  for (std::size_t place = 0; place < fields.size(); ++place) {
    const auto field = static_cast<FieldId>(place);
    const std::string& name = fields.names()[place];
    std::string flat = name;
    std::replace(flat.begin(), flat.end(), '.', '_');
    add(name, field);
    add(flat, field);
    for (std::size_t end = 1; end < flat.size(); ++end) {
      if (is_separator(flat[end])) add(flat.substr(0, end) + '_' + flat, field);
    }
    for (const char* parent : {"text_", "_ws_expert_"}) add(parent + flat, field);
  }
}

void KeyTable::add(std::string key, FieldId field) {
  if (index_.contains(key)) return;
  entries_.push_back({std::move(key), field, 0});
  index_.emplace(entries_.back().key, entries_.size() - 1);
}

FieldId KeyTable::find(std::string_view key) noexcept {
  Entry& last = entries_[last_];
  if (entries_[last.successor].key == key) {
    last_ = last.successor;
    return entries_[last_].field;
  }
  const auto found = index_.find(key);
  if (found == index_.end()) return no_field;
  last.successor = found->second;
  last_ = found->second;
  return entries_[last_].field;
}

}  // namespace flowmeter
