#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "capture/bytes.h"

namespace flowmeter {

/// What a piece of a capture is to whoever dispatches it.
enum class ItemKind : std::uint8_t {
  header,     ///< pcap file header: every worker needs it
  section,    ///< pcapng section header: every worker; forgets all interfaces before it
  interface,  ///< pcapng interface description: every worker, as interfaces go by position
  names,      ///< pcapng name resolution: every worker
  secrets,    ///< pcapng decryption secrets: every worker
  ignorable,  ///< read and passed over by tshark (interface statistics, unknown block types)
  frame,      ///< becomes one frame in tshark: exactly one worker
  tail        ///< the rest of an input that cannot be split (further), in pieces of any size
};

/// Link type of a frame that is not a packet (custom, sysdig and journal blocks of pcapng).
inline constexpr std::uint32_t no_link_type = 0xFFFFFFFF;

/// One record of a capture: its bytes as they stood there, and what was read in them.
/// The views are valid until the next call of CaptureReader::next or CaptureReader::put.
struct CaptureItem {
  ItemKind kind = ItemKind::tail;
  wire::Order order = wire::Order::little;  ///< of the header fields in `bytes`
  std::uint32_t link_type = no_link_type;   ///< LINKTYPE_ value; header, interface, frame
  std::uint32_t interface_id = 0;           ///< pcapng: interface, frame; by position
  std::uint32_t caplen = 0;                 ///< frame: bytes captured; tshark's frame.cap_len
  std::uint32_t orig_len = 0;               ///< frame: bytes on the wire; tshark's frame.len
  std::uint32_t time_offset = 0;            ///< frame: where in `bytes` the 8 bytes of raw time
                                            ///< are; 0 in pcap; 0 and no `time`: has none
  std::string_view bytes;                   ///< the whole record, padding included
  std::string_view packet;                  ///< frame: the captured bytes of the packet
  /// frame: since the epoch; frame.time_epoch. None: it has none, or one outside of 1677..2262.
  std::optional<std::chrono::nanoseconds> time;
  bool time_is_sure = true;  ///< frame: tshark's is the same; false: ask it
  bool odd_clock = false;  ///< interface: its clock counts from elsewhere than 1970, or not in 10^0..10^-9 s
};

}  // namespace flowmeter
