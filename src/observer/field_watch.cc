#include "observer/field_watch.h"

namespace flowmeter {

FieldWatch::FieldWatch(const FieldSet& fields, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (const FieldId field = fields.find(name); field != no_field) unseen_.push_back({field, name});
  }
  watched_ = unseen_.size();
}

std::vector<std::string> FieldWatch::unseen() const {
  std::vector<std::string> names;
  for (const Unseen& unseen : unseen_) names.push_back(unseen.name);
  return names;
}

}  // namespace flowmeter
