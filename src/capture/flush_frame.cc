#include "capture/flush_frame.h"

#include <cstring>

#include "capture/pcapng_blocks.h"

namespace flowmeter {
namespace {

void append_u32(std::string& output, std::uint32_t value, wire::Order order) {
  const std::uint32_t stored = order == wire::Order::big ? boost::endian::native_to_big(value)
                                                         : boost::endian::native_to_little(value);
  std::array<char, sizeof stored> bytes{};
  std::memcpy(bytes.data(), &stored, sizeof stored);
  output.append(bytes.data(), bytes.size());
}

}  // namespace

std::uint32_t flush_frame_length(std::uint32_t link_type) {
  switch (link_type) {
    case 1:  // Ethernet: a length of 0 and nothing behind it
      return 14;
    case 0:  // BSD loopback: no such address family
    case 108:
      return 4;
    case 12:  // raw IP: no such version
    case 14:
    case 101:
      return 8;
    case 113:  // Linux cooked: no such protocol
      return 16;
    case 276:
      return 20;
    case 9:  // PPP: no such protocol
    case 50:
      return 2;
    default:
      return 0;
  }
}

void FlushFrame::remember(const CaptureItem& item) {
  switch (item.kind) {
    case ItemKind::header:
    case ItemKind::interface:
      choose(item);
      break;
    case ItemKind::section:
      *this = FlushFrame{};
      break;
    case ItemKind::frame:
      if (item.time && item.interface_id == interface_id_) {
        std::memcpy(time_.data(), item.bytes.data() + item.time_offset, time_.size());
      }
      break;
    default:
      break;
  }
}

/// The first interface that will do is taken, for all of the section.
void FlushFrame::choose(const CaptureItem& item) {
  if (possible_) return;
  length_ = flush_frame_length(item.link_type);
  possible_ = length_ != 0;
  pcapng_ = item.kind == ItemKind::interface;
  order_ = item.order;
  interface_id_ = item.interface_id;
}

void FlushFrame::append_to(std::string& output) const {
  const std::uint32_t padded = wire::round4(length_);
  const std::uint32_t block = 32 + padded;
  if (pcapng_) {
    append_u32(output, enhanced_packet_block, order_);
    append_u32(output, block, order_);
    append_u32(output, interface_id_, order_);
  }
  output.append(time_.data(), time_.size());
  append_u32(output, length_, order_);
  append_u32(output, length_, order_);
  output.append(pcapng_ ? padded : length_, '\0');
  if (pcapng_) append_u32(output, block, order_);
}

}  // namespace flowmeter
