#pragma once

#include <cstdint>
#include <span>

#include "base/address.h"
#include "dialect/record.h"
#include "packet/facts.h"
#include "packet/transport.h"

namespace flowmeter {

struct Frame;
struct LayerStack;
struct TransportLayer;

/// Identity of a flow within one input: transport and tshark's stream index (tcp.stream, udp.stream,
/// sctp.assoc_index, dccp.stream; UDP-Lite counts in udp.stream). ICMP echo conversations, which
/// tshark does not number, are numbered by the PacketDecoder.
struct StreamKey {
  Transport transport = Transport::tcp;
  std::uint64_t stream = 0;  ///< below 2^56

  friend bool operator==(const StreamKey&, const StreamKey&) = default;
};

/// TCP flags as in the low bits of tcp.flags.
namespace tcp_flag {
inline constexpr std::uint16_t fin = 0x01, syn = 0x02, rst = 0x04, psh = 0x08, ack = 0x10, urg = 0x20,
                               ece = 0x40, cwr = 0x80;
}  // namespace tcp_flag

/// One packet of one conversation: a transport header that counts, in the frame that carried it.
struct Packet {
  StreamKey key;
  std::int64_t time_ns = 0;        ///< frame.time_epoch, nanoseconds since the Unix epoch; may go backwards
  std::uint64_t frame_number = 0;  ///< 1-based position in the input
  std::uint32_t frame_bytes = 0;   ///< frame.len: bytes on the wire
  std::uint16_t tcp_flags = 0;     ///< tcp.flags; 0 for UDP

  PacketFacts facts;  ///< what the run's columns need of the headers beside that

  std::uint8_t occurrence = 0;      ///< which of the frame's headers of this transport, from 0
  std::uint8_t ip_version = 0;      ///< 4 or 6: of the nearest network layer before; 0: there is none
  std::uint8_t order_in_frame = 0;  ///< 0 for the frame's first packet, 1 for its second, ...
  Endpoint source;                  ///< of the nearest network layer before the transport
  Endpoint destination;
  const Record* record = nullptr;  ///< all of the frame's fields; gone when the observers return

  // What tells a field's values of this packet from those of the frame's others, see PacketField.
  const LayerStack* plan = nullptr;       ///< of the frame
  const TransportLayer* layer = nullptr;  ///< its own, in that plan
  const Frame* frame = nullptr;
};

/// One frame and the packets in it: none for ARP, several for a tunnel's inner and outer transport.
struct Frame {
  std::uint64_t number = 0;           ///< 1-based position in the input
  std::int64_t time_ns = 0;           ///< as in Packet
  std::uint32_t bytes = 0;            ///< frame.len
  std::uint16_t ip_layers = 0;        ///< ip and ipv6 headers, quoted ones too: more than one in a tunnel
  std::span<const Packet> packets{};  ///< those that count; valid until the observers return
  std::span<const Packet> every{};    ///< what `packets` is if the tunnel policy takes all
  /// Headers that an ICMP error quotes, of each stream the first: key, ends and flags, as far as they are
  /// there.
  std::span<const Packet> quoted{};
  /// Headers that are no packets, but take stream numbers: captured without their flags, or of packets that
  /// the frame only tells of.
  std::span<const Packet> uncounted{};
  bool timed = true;  ///< has a time stamp that can be told; else time_ns is that of the frame before
  bool cut = false;   ///< holds a transport header that is no packet because it was captured in part
};

}  // namespace flowmeter
