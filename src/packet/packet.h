#pragma once

#include <cstdint>
#include <span>

#include "base/address.h"
#include "dialect/record.h"

namespace flowmeter {

/// Transport protocols that flows are kept for. The values are IANA protocol numbers.
enum class Transport : std::uint8_t { tcp = 6, udp = 17 };

/// Identity of a flow within one input: transport and tshark's stream index (tcp.stream,
/// udp.stream; UDP-Lite counts in udp.stream).
struct StreamKey {
  Transport transport = Transport::tcp;
  std::uint64_t stream = 0;  ///< below 2^56

  friend bool operator==(const StreamKey&, const StreamKey&) = default;
};

/// TCP flags as in the low bits of tcp.flags.
namespace tcp_flag {
inline constexpr std::uint16_t fin = 0x01, syn = 0x02, rst = 0x04, psh = 0x08, ack = 0x10,
                               urg = 0x20, ece = 0x40, cwr = 0x80;
}  // namespace tcp_flag

/// One packet of one conversation: a transport header that counts, in the frame that carried it.
struct Packet {
  StreamKey key;
  std::int64_t time_ns = 0;      ///< frame.time_epoch, nanoseconds since the Unix epoch; may go backwards
  std::uint64_t frame_number = 0;  ///< 1-based position in the input
  std::uint32_t frame_bytes = 0;   ///< frame.len: bytes on the wire
  std::uint16_t tcp_flags = 0;     ///< tcp.flags; 0 for UDP

  // What follows is 0 unless the run asks for the fields that it comes from, see PacketDecoder.
  std::uint32_t ip_bytes = 0;      ///< ip.len, or ipv6.plen and 40; 0 without a network layer
  std::uint32_t payload_bytes = 0; ///< tcp.len, or udp.length less 8
  std::uint8_t header_bytes = 0;   ///< tcp.hdr_len, or 8

  std::uint8_t occurrence = 0;     ///< which of the frame's headers of this transport, from 0
  std::uint8_t layers = 1;         ///< headers of this transport in the frame, quoted ones too
  bool last_of_transport = true;   ///< no other packet of this transport follows in the frame
  std::uint8_t ip_version = 0;     ///< 4 or 6: of the nearest network layer before; 0: there is none
  std::uint8_t ip_occurrence = 0;  ///< which of the frame's headers of that version, from 0
  std::uint8_t order_in_frame = 0; ///< 0 for the frame's first packet, 1 for its second, ...
  Endpoint source;                 ///< of the nearest network layer before the transport
  Endpoint destination;
  const Record* record = nullptr;  ///< all of the frame's fields; gone when the observers return
};

/// The values of a field of the packet's transport (tcp.*, udp.*) or of what that carries: with one
/// header of the transport in the frame all there are; with several the one at the packet's own place if
/// each has one, else all of them for the last, which is the one that tshark analysed last.
[[nodiscard]] inline std::span<const std::string_view> transport_values(const Packet& packet,
                                                                        FieldId field) noexcept {
  const auto values = packet.record->values(field);
  if (packet.layers <= 1) return values;
  if (values.size() == packet.layers) return values.subspan(packet.occurrence, 1);
  return packet.last_of_transport ? values : values.first(0);
}

/// The value of a field that every header of the packet's network layer has (ip.ttl, ipv6.hlim);
/// `field` is of the packet's own IP version. Empty if there is none.
[[nodiscard]] inline std::string_view network_value(const Packet& packet, FieldId field) noexcept {
  const auto values = packet.record->values(field);
  return packet.ip_occurrence < values.size() ? values[packet.ip_occurrence] : std::string_view{};
}

/// One frame and the packets in it: none for ARP, several for a tunnel's inner and outer transport.
struct Frame {
  std::uint64_t number = 0;        ///< 1-based position in the input
  std::int64_t time_ns = 0;        ///< as in Packet
  std::uint32_t bytes = 0;         ///< frame.len
  std::uint16_t ip_layers = 0;     ///< ip and ipv6 headers, quoted ones too: more than one in a tunnel
  std::span<const Packet> packets{}; ///< valid until the observers return
  std::span<const StreamKey> quoted{};  ///< streams whose headers an ICMP error in the frame quotes
};

}  // namespace flowmeter
