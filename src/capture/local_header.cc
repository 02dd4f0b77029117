#include "capture/local_header.h"

#include <algorithm>
#include <cstring>
#include <limits>

namespace flowmeter {
namespace {

constexpr std::uint8_t tcp_protocol = 6;

void read_addresses(std::string_view packet, IpAddress& source, IpAddress& destination) {
  const bool v6 = wire::u8(packet, 0) >> 4U == 6;
  const std::size_t size = v6 ? 16 : 4, begin = v6 ? 8 : 12;
  source.version = destination.version = v6 ? 6 : 4;
  std::memcpy(source.bytes.data(), packet.data() + begin, size);
  std::memcpy(destination.bytes.data(), packet.data() + begin + size, size);
}

/// What the IP header's own length leaves of the transport: link padding is behind it.
std::string_view within_length(std::string_view network, std::string_view transport) {
  const bool v6 = wire::u8(network, 0) >> 4U == 6;
  const std::size_t length = wire::be16(network, v6 ? 4 : 2);
  if (length == 0) return transport;  // left to the network card, or a jumbogram
  const auto before = static_cast<std::size_t>(transport.data() - network.data());
  const std::size_t whole = v6 ? length + 40 : length;
  return transport.substr(0, whole < before ? 0 : whole - before);
}

/// Whether the packet says of itself, and was on the wire, that it is long enough for its TCP header.
/// `before`: bytes of the frame before `transport`.
bool is_long_enough(const CaptureItem& frame, std::string_view network, std::string_view transport) {
  const bool v6 = wire::u8(network, 0) >> 4U == 6;
  const auto offset = static_cast<std::size_t>(transport.data() - network.data());
  const auto begin = static_cast<std::size_t>(network.data() - frame.packet.data());
  std::size_t whole = frame.orig_len < begin ? 0 : frame.orig_len - begin;
  const std::size_t said = wire::be16(network, v6 ? 4 : 2) + std::size_t{v6 ? 40U : 0U};
  if (wire::be16(network, v6 ? 4 : 2) != 0) whole = std::min(whole, said);
  return whole >= offset + (wire::u8(transport, 12) >> 4U) * std::size_t{4};
}

/// A TCP header needs its flags, and a length that makes sense.
bool is_whole(std::uint8_t protocol, std::string_view transport) {
  if (protocol != tcp_protocol) return transport.size() >= 8;
  return transport.size() >= 14 && wire::u8(transport, 12) >> 4U >= 5;
}

/// tshark takes no packet to be longer.
constexpr std::uint32_t most_bytes = std::numeric_limits<std::int32_t>::max();

}  // namespace

LocalHeader local_header(const CaptureItem& frame, const RoutingKey& key) {
  LocalHeader header;
  header.has_time = frame.time.has_value();
  header.time_ns = frame.time.value_or(std::chrono::nanoseconds(0)).count();
  header.time_is_sure = frame.time_is_sure;
  header.bytes = std::min(frame.orig_len, most_bytes);
  if (key.fixed || key.fragment || key.protocol == 0) return header;
  const bool quoted = key.reason == RoutingReason::quoted;
  const std::string_view transport = quoted ? key.transport : within_length(key.network, key.transport);
  if (!is_whole(key.protocol, transport)) return header;
  header.protocol = key.protocol;
  header.quoted = quoted;
  header.whole = key.protocol != tcp_protocol || is_long_enough(frame, key.network, transport);
  header.source_port = wire::be16(transport, 0);
  header.destination_port = wire::be16(transport, 2);
  if (key.protocol == tcp_protocol) {
    header.sequence = wire::be32(transport, 4);
    header.acknowledgement = wire::be32(transport, 8);
    header.tcp_flags = wire::be16(transport, 12) & 0x0FFFU;
  }
  read_addresses(key.network, header.source, header.destination);
  return header;
}

}  // namespace flowmeter
