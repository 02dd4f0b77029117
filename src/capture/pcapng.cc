#include "capture/pcapng.h"

#include <algorithm>

#include "capture/pcapng_blocks.h"
#include "capture/pcapng_options.h"
#include "capture/pcapng_time.h"

namespace flowmeter {
namespace {

/// An enhanced packet of 128 MiB with 128 KiB of options: Wireshark takes no larger block.
constexpr std::uint32_t max_block_size = 32 + 128 * 1024 * 1024 + 131072;
constexpr std::size_t trailer_size = 4;

constexpr std::uint32_t padding(std::uint32_t n) { return wire::round4(n) - n; }

/// Everything between `offset` and the block's trailer.
std::string_view between(std::string_view block, std::size_t offset) {
  return block.substr(offset, block.size() - trailer_size - offset);
}

}  // namespace

bool PcapngFormat::is_magic(std::string_view four) { return wire::be32(four, 0) == section_header_block; }

FormatStep PcapngFormat::step(std::string_view data, bool /*end*/, CaptureItem& item) {
  if (data.size() < 12) return FormatStep::more(12);
  // A section header's type reads the same in both byte orders.
  if (wire::be32(data, 0) == section_header_block) return section(data, item);
  return block(data, item);
}

FormatStep PcapngFormat::section(std::string_view data, CaptureItem& item) {
  if (data.size() < 28) return FormatStep::more(28);
  constexpr std::uint32_t order_magic = 0x1A2B3C4D;
  const bool big = wire::be32(data, 8) == order_magic;
  const wire::Order order = big ? wire::Order::big : wire::Order::little;
  const std::uint16_t minor = wire::u16(data, 14, order);
  const bool known = wire::u32(data, 8, order) == order_magic && wire::u16(data, 12, order) == 1 &&
                     (minor == 0 || minor == 2);
  const std::uint32_t size = wire::round4(wire::u32(data, 4, order));
  const FormatStep bad = started_ ? FormatStep::damaged() : FormatStep::unsupported();
  if (!known || size < 28 || size > max_block_size) return bad;
  if (data.size() < size) return FormatStep::more(size);
  const std::string_view whole = data.substr(0, size);
  if (wire::round4(wire::u32(whole, size - trailer_size, order)) != size) return bad;
  if (!options_ok(between(whole, 24), order)) return bad;
  started_ = true;
  order_ = order;
  interfaces_.clear();
  item = CaptureItem{};
  item.kind = ItemKind::section;
  item.order = order;
  return FormatStep::whole(size);
}

FormatStep PcapngFormat::block(std::string_view data, CaptureItem& item) {
  const std::uint32_t type = wire::u32(data, 0, order_);
  const std::uint32_t size = wire::round4(wire::u32(data, 4, order_));
  if (size < minimum_block(type) || size > max_block_size) return FormatStep::damaged();
  if (data.size() < size) return FormatStep::more(size);
  const std::string_view whole = data.substr(0, size);
  item = CaptureItem{};
  item.order = order_;
  if (!read_block(whole, type, item)) return FormatStep::damaged();
  if (wire::round4(wire::u32(whole, size - trailer_size, order_)) != size) return FormatStep::damaged();
  return FormatStep::whole(size);
}

bool PcapngFormat::read_block(std::string_view block, std::uint32_t type, CaptureItem& item) {
  switch (type) {
    case enhanced_packet_block:
      return read_packet(block, wire::u32(block, 8, order_), item);
    case packet_block:
      return read_packet(block, wire::u16(block, 8, order_), item);
    case simple_packet_block:
      return read_simple_packet(block, item);
    case interface_block:
      return read_interface(block, item);
    default:
      return read_other_block(block, type, order_, item);
  }
}

bool PcapngFormat::read_interface(std::string_view block, CaptureItem& item) {
  CaptureInterface face;
  face.link_type = wire::u16(block, 8, order_);
  face.snaplen = wire::u32(block, 12, order_);
  face.max_caplen = max_caplen(face.link_type);
  PcapngOptions options(between(block, 16), order_);
  bool have_resolution = false;
  bool have_offset = false;
  while (const auto option = options.next()) {
    if (option->code == 11 && option->value.empty()) return false;  // if_filter
    if (option->code == 9 && option->value.size() == 1 && !have_resolution) {
      const std::uint8_t resolution = wire::u8(option->value, 0);
      face.units_per_second = units_per_second(resolution);
      item.odd_clock |= resolution > 9;
      have_resolution = true;
    } else if (option->code == 14 && option->value.size() == 8 && !have_offset) {
      face.offset_seconds = static_cast<std::int64_t>(wire::u64(option->value, 0, order_));
      item.odd_clock |= face.offset_seconds != 0;
      have_offset = true;
    }
  }
  if (options.bad()) return false;
  item.kind = ItemKind::interface;
  item.link_type = face.link_type;
  item.interface_id = static_cast<std::uint32_t>(interfaces_.size());
  interfaces_.push_back(face);
  return true;
}

bool PcapngFormat::read_packet(std::string_view block, std::uint32_t interface_id, CaptureItem& item) {
  constexpr std::uint32_t fixed_size = 28;
  const std::uint32_t caplen = wire::u32(block, 20, order_);
  if (interface_id >= interfaces_.size()) return false;
  const CaptureInterface& face = interfaces_[interface_id];
  if (caplen > face.max_caplen) return false;
  const std::size_t options = fixed_size + std::size_t{caplen} + padding(caplen);
  if (block.size() < options + trailer_size) return false;
  if (!options_ok(between(block, options), order_)) return false;
  item.kind = ItemKind::frame;
  item.link_type = face.link_type;
  item.interface_id = interface_id;
  item.caplen = caplen;
  item.orig_len = wire::u32(block, 24, order_);
  item.time_offset = 12;
  item.packet = block.substr(fixed_size, caplen);
  const std::uint64_t raw =
      (std::uint64_t{wire::u32(block, 12, order_)} << 32) | wire::u32(block, 16, order_);
  item.time = epoch_time(raw, face.units_per_second, face.offset_seconds);
  item.time_is_sure = is_exact(face.units_per_second);
  return true;
}

bool PcapngFormat::read_simple_packet(std::string_view block, CaptureItem& item) const {
  if (interfaces_.empty()) return false;
  const CaptureInterface& face = interfaces_.front();
  const std::uint32_t length = wire::u32(block, 8, order_);
  const std::uint32_t caplen = face.snaplen == 0 ? length : std::min(length, face.snaplen);
  if (caplen > face.max_caplen) return false;
  // No options may follow: Wireshark looks for the trailer right behind the padding.
  if (block.size() != 12 + std::size_t{caplen} + padding(caplen) + trailer_size) return false;
  item.kind = ItemKind::frame;
  item.link_type = face.link_type;
  item.caplen = caplen;
  item.orig_len = length;
  item.packet = block.substr(12, caplen);
  return true;
}

}  // namespace flowmeter
