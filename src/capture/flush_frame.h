#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "capture/item.h"

namespace flowmeter {

/// Makes frames without any meaning: a link-layer header of zeros, at the time of the last frame.
/// tshark shows them as a link layer with nothing known in it: no address, no stream, no state.
class FlushFrame {
 public:
  /// Learns the format, the link type and the time from what passes by.
  void remember(const CaptureItem& item);

  /// Whether there is a link type here of which a flush frame can be made.
  [[nodiscard]] bool possible() const { return possible_; }

  /// Appends one flush frame as a record of the capture's format. Only if possible().
  void append_to(std::string& output) const;

 private:
  void choose(const CaptureItem& item);

  bool possible_ = false;
  bool pcapng_ = false;
  wire::Order order_ = wire::Order::little;
  std::uint32_t interface_id_ = 0;
  std::uint32_t length_ = 0;    // bytes of the packet
  std::array<char, 8> time_{};  // raw, in the unit and order of the capture
};

/// Bytes of zeros that tshark takes for an empty packet of this link type; 0 if there is none.
std::uint32_t flush_frame_length(std::uint32_t link_type);

}  // namespace flowmeter
