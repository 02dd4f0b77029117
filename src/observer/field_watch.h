#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "packet/observer.h"

namespace flowmeter {

/// Notices which fields no packet of an input has. A foreign stream may lack a field because tshark was not
/// asked for it; its column then says nothing of the traffic.
class FieldWatch final : public PacketObserver {
 public:
  /// `fields`: those of the records, with `names` among them or not.
  FieldWatch(const FieldSet& fields, const std::vector<std::string>& names);

  void on_packet(const Packet& packet) override {
    if (unseen_.empty()) return;
    std::erase_if(unseen_, [&](const Unseen& unseen) { return packet.record->has(unseen.field); });
  }

  /// Whether any of them was in a packet.
  [[nodiscard]] bool any_seen() const noexcept { return unseen_.size() < watched_; }

  /// The fields that were in no packet so far, in their order.
  [[nodiscard]] std::vector<std::string> unseen() const;

 private:
  struct Unseen {
    FieldId field;
    std::string name;
  };

  std::vector<Unseen> unseen_;
  std::size_t watched_ = 0;
};

}  // namespace flowmeter
