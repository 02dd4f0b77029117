#include "capture/pcapng_blocks.h"

#include "capture/pcapng_options.h"

namespace flowmeter {
namespace {

constexpr std::uint32_t head_size = 8;
constexpr std::uint32_t tail_size = 4;

/// A frame that is not a packet: fixed to one worker by its lack of a link type.
bool read_event(std::string_view block, std::uint32_t fixed, CaptureItem& item) {
  item.kind = ItemKind::frame;
  item.caplen = static_cast<std::uint32_t>(block.size()) - head_size - tail_size - fixed;
  item.orig_len = item.caplen;
  return true;
}

/// Wireshark reads the types 1 and 2 of Netflix's blocks and ends the file at any other.
bool read_custom(std::string_view block, wire::Order order, CaptureItem& item) {
  constexpr std::uint32_t netflix_number = 10949;
  if (wire::u32(block, 8, order) == netflix_number) {
    if (block.size() < 20) return false;
    const std::uint32_t type = wire::u32(block, 12, wire::Order::little);
    if (type != 1 && !(type == 2 && block.size() >= 24)) return false;
  }
  return read_event(block, 4, item);
}

/// An entry has at least the text of a time stamp, before its padding.
bool read_journal(std::string_view block, CaptureItem& item) {
  const std::string_view entry = block.substr(head_size, block.size() - head_size - tail_size);
  const std::size_t last = entry.find_last_not_of('\0');
  if (last == std::string_view::npos || last + 1 < 23) return false;
  return read_event(block, 0, item);
}

bool read_secrets(std::string_view block, wire::Order order, CaptureItem& item) {
  const std::size_t room = block.size() - head_size - 8 - tail_size;
  item.kind = ItemKind::secrets;
  return wire::u32(block, 12, order) <= room;
}

}  // namespace

std::uint32_t minimum_block(std::uint32_t type) {
  switch (type) {
    case interface_block:
    case decryption_secrets_block:
      return head_size + 8 + tail_size;
    case packet_block:
    case enhanced_packet_block:
      return head_size + 20 + tail_size;
    case simple_packet_block:
    case name_resolution_block:
    case custom_block:
    case custom_no_copy_block:
      return head_size + 4 + tail_size;
    case interface_statistics_block:
      return head_size + 12 + tail_size;
    case sysdig_event_block:
      return head_size + 24 + tail_size;
    case sysdig_event_v2_block:
    case sysdig_event_v2_large_block:
      return head_size + 28 + tail_size;
    case journal_entry_block:
      return head_size + 24 + tail_size;  // 23, in whole words
    default:
      return head_size + tail_size;
  }
}

bool read_other_block(std::string_view block, std::uint32_t type, wire::Order order, CaptureItem& item) {
  switch (type) {
    case name_resolution_block:
      item.kind = ItemKind::names;
      return true;
    case decryption_secrets_block:
      return read_secrets(block, order, item);
    case custom_block:
    case custom_no_copy_block:
      return read_custom(block, order, item);
    case sysdig_event_block:
      return read_event(block, 24, item);
    case sysdig_event_v2_block:
    case sysdig_event_v2_large_block:
      return read_event(block, 28, item);
    case journal_entry_block:
      return read_journal(block, item);
    case interface_statistics_block:
      item.kind = ItemKind::ignorable;
      return options_ok(block.substr(20, block.size() - 20 - tail_size), order);
    default:
      item.kind = ItemKind::ignorable;
      return true;
  }
}

}  // namespace flowmeter
