#pragma once

#include <cstdint>

#include "base/address.h"
#include "capture/item.h"
#include "capture/routing_key.h"

namespace flowmeter {

/// What can be read of a frame without a dissector: its record header and, of a plain frame, its one TCP or
/// UDP header. It spares tshark the columns for these; whether there are packets in the
/// frame, and of which streams, is still tshark's word.
/// As many of them wait as frames are ahead, so they are small: 72 bytes.
struct LocalHeader {
  std::int64_t time_ns = 0;   ///< frame.time_epoch, nanoseconds since the epoch
  std::uint32_t bytes = 0;    ///< frame.len
  bool has_time = false;      ///< simple packet blocks of pcapng have none; 1677..2262
  bool time_is_sure = true;   ///< false: tshark may print the time in a way of its own
  bool quoted = false;        ///< the transport header is in what an ICMP error quotes
  bool teaches = true;        ///< see TcpNumbers
  std::uint8_t protocol = 0;  ///< of the transport header, 6 or 17; 0: there is none that can be read
  std::uint16_t source_port = 0, destination_port = 0;
  std::uint16_t tcp_flags = 0;                      ///< tcp.flags, 12 bits
  std::uint32_t sequence = 0, acknowledgement = 0;  ///< tcp.seq_raw, tcp.ack_raw
  IpAddress source, destination;                    ///< of the IP header before the transport's
};

/// The header of a frame with that key. Never throws.
[[nodiscard]] LocalHeader local_header(const CaptureItem& frame, const RoutingKey& key);

}  // namespace flowmeter
