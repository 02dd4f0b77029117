#include "dialect/key_table.h"

#include <algorithm>

namespace flowmeter {

KeyTable::KeyTable(const FieldSet& fields) {
  // The index holds views into the entries: they must not move.
  std::size_t most = 1;
  for (const std::string& name : fields.names()) {
    most += 2 + static_cast<std::size_t>(std::count(name.begin(), name.end(), '.'));
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
    for (std::size_t dot = name.find('.'); dot != std::string::npos; dot = name.find('.', dot + 1)) {
      add(flat.substr(0, dot) + '_' + flat, field);
    }
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
