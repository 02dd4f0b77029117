#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "packet/packet_field.h"

namespace flowmeter {

/// Several fields, of which one is as good as another.
class AnyField {
 public:
  /// `names` is a range of text; adds them to `fields`.
  template <class Names>
  AnyField(FieldSet& fields, const Names& names) {
    for (const auto& name : names) fields_.emplace_back(fields, name);
  }

  /// Whether the packet has a value for any of them.
  [[nodiscard]] bool has(const Packet& packet) const noexcept {
    return std::any_of(fields_.begin(), fields_.end(),
                       [&](const PacketField& field) { return field.has(packet); });
  }

 private:
  std::vector<PacketField> fields_;
};

}  // namespace flowmeter
