#include "pcapng_blocks.h"

#include "pcapng_options.h"

namespace flowmeter {
namespace {

constexpr std::uint32_t kHead = 8;
constexpr std::uint32_t kTail = 4;

/// A frame that is not a packet: fixed to one worker by its lack of a link type.
bool read_event(std::string_view block, std::uint32_t fixed, CaptureItem& item) {
  item.kind = ItemKind::frame;
  item.caplen = static_cast<std::uint32_t>(block.size()) - kHead - kTail - fixed;
  item.orig_len = item.caplen;
  return true;
}

/// Wireshark reads the types 1 and 2 of Netflix's blocks and ends the file at any other.
bool read_custom(std::string_view block, wire::Order order, CaptureItem& item) {
  constexpr std::uint32_t kNetflix = 10949;
  if (wire::u32(block, 8, order) == kNetflix) {
    if (block.size() < 20) return false;
    const std::uint32_t type = wire::u32(block, 12, wire::Order::little);
    if (type != 1 && !(type == 2 && block.size() >= 24)) return false;
  }
  return read_event(block, 4, item);
}

/// An entry has at least the text of a time stamp, before its padding.
bool read_journal(std::string_view block, CaptureItem& item) {
  const std::string_view entry = block.substr(kHead, block.size() - kHead - kTail);
  const std::size_t last = entry.find_last_not_of('\0');
  if (last == std::string_view::npos || last + 1 < 23) return false;
  return read_event(block, 0, item);
}

bool read_secrets(std::string_view block, wire::Order order, CaptureItem& item) {
  const std::size_t room = block.size() - kHead - 8 - kTail;
  item.kind = ItemKind::secrets;
  return wire::u32(block, 12, order) <= room;
}

}  // namespace

std::uint32_t minimum_block(std::uint32_t type) {
  switch (type) {
    case kInterface:
    case kDecryptionSecrets:
      return kHead + 8 + kTail;
    case kPacket:
    case kEnhancedPacket:
      return kHead + 20 + kTail;
    case kSimplePacket:
    case kNameResolution:
    case kCustom:
    case kCustomNoCopy:
      return kHead + 4 + kTail;
    case kInterfaceStatistics:
      return kHead + 12 + kTail;
    case kSysdigEvent:
      return kHead + 24 + kTail;
    case kSysdigEventV2:
    case kSysdigEventV2Large:
      return kHead + 28 + kTail;
    case kJournalEntry:
      return kHead + 24 + kTail;  // 23, in whole words
    default:
      return kHead + kTail;
  }
}

bool read_other_block(std::string_view block, std::uint32_t type, wire::Order order,
                      CaptureItem& item) {
  switch (type) {
    case kNameResolution:
      item.kind = ItemKind::names;
      return true;
    case kDecryptionSecrets:
      return read_secrets(block, order, item);
    case kCustom:
    case kCustomNoCopy:
      return read_custom(block, order, item);
    case kSysdigEvent:
      return read_event(block, 24, item);
    case kSysdigEventV2:
    case kSysdigEventV2Large:
      return read_event(block, 28, item);
    case kJournalEntry:
      return read_journal(block, item);
    case kInterfaceStatistics:
      item.kind = ItemKind::ignorable;
      return options_ok(block.substr(20, block.size() - 20 - kTail), order);
    default:
      item.kind = ItemKind::ignorable;
      return true;
  }
}

}  // namespace flowmeter
