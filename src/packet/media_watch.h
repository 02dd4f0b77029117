#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "dialect/fields.h"
#include "dialect/record.h"

namespace flowmeter {

/// Notices signalling (SIP, MGCP and others with SDP; H.245; Skinny) that announces media between other hosts
/// than those that it is between itself. One tshark that sees everything gives such media to the dissector
/// that was announced; of several the one that has the media has not seen the signalling.
class MediaWatch {
 public:
  /// Adds the fields with announced addresses to `fields`: one by one, or all in a single custom column.
  MediaWatch(FieldSet& fields, bool one_column);

  /// Looks at what a tshark says of a frame.
  void look(const Record& record);

  /// Frames with such announcements so far.
  [[nodiscard]] std::uint64_t frames() const noexcept { return frames_; }

 private:
  std::vector<FieldId> announced_;
  std::array<FieldId, 4> own_;  // addresses of the frame's packets
  std::uint64_t frames_ = 0;
};

}  // namespace flowmeter
