#include "packet/decoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "base/error.h"
#include "base/parse.h"

namespace flowmeter {
namespace {

constexpr std::array field_names = {
    "frame.time_epoch", "frame.len",   "frame.protocols", "ip.src",      "ip.dst",
    "ipv6.src",         "ipv6.dst",    "tcp.stream",      "tcp.srcport", "tcp.dstport",
    "tcp.flags",        "udp.stream",  "udp.srcport",     "udp.dstport",
};

constexpr std::size_t max_packets_in_frame = 64;

}  // namespace

void PacketDecoder::add_fields(FieldSet& fields) {
  for (const char* name : field_names) fields.add(name);
}

PacketDecoder::PacketDecoder(const FieldSet& fields)
    : fields_(fields),
      time_(fields.find("frame.time_epoch")),
      length_(fields.find("frame.len")),
      protocols_(fields.find("frame.protocols")),
      tcp_flags_(fields.find("tcp.flags")),
      source_{fields.find("ip.src"), fields.find("ipv6.src")},
      destination_{fields.find("ip.dst"), fields.find("ipv6.dst")},
      tcp_{fields.find("tcp.stream"), fields.find("tcp.srcport"), fields.find("tcp.dstport")},
      udp_{fields.find("udp.stream"), fields.find("udp.srcport"), fields.find("udp.dstport")} {
  for (const char* name : field_names) require(name);
}

void PacketDecoder::require(std::string_view field) {
  expectations_.push_back({fields_.find(field)});
  ++unmet_;
}

std::uint64_t PacketDecoder::number(FieldId field, std::string_view text,
                                    std::uint64_t most) const {
  const auto value = parse_number(text);
  if (!value || *value > most) {
    throw InputError(fmt::format("{} has the value \"{:.40}\"", fields_.names()[field], text));
  }
  return *value;
}

IpAddress PacketDecoder::address(FieldId field, std::string_view text) const {
  const auto value = parse_address(text);
  if (!value) {
    throw InputError(fmt::format("{} has the value \"{:.40}\"", fields_.names()[field], text));
  }
  return *value;
}

const LayerPlan& PacketDecoder::plan(const Record& record) {
  const std::string_view protocols = record.first(protocols_);
  const LayerPlan& plan = plans_.find(protocols);
  // An unnamed network layer is IPv4 if there is an IPv4 address more than there are ip tokens.
  if (!plan.implicit_ip || record.values(source_[0]).size() > plan.ipv4_layers) return plan;
  return plans_.find(protocols, 6);
}

const Frame& PacketDecoder::decode(const Record& record) {
  ++frame_.number;
  packets_.clear();
  if (record.has(time_)) {
    const auto time = parse_time(record.first(time_));
    if (!time) {
      throw InputError(
          fmt::format("frame.time_epoch has the value \"{:.40}\"", record.first(time_)));
    }
    frame_.time_ns = *time;
  } else {
    ++timeless_;
  }
  frame_.bytes = 0;
  if (record.has(length_)) {
    frame_.bytes = static_cast<std::uint32_t>(
        number(length_, record.first(length_), std::numeric_limits<std::uint32_t>::max()));
  }
  const LayerPlan& layers = plan(record);
  if (unmet_ != 0) expect(record, layers);
  for (const TransportLayer& layer : layers.transports) add_packet(record, layer);
  frame_.packets = packets_;
  return frame_;
}

void PacketDecoder::add_packet(const Record& record, const TransportLayer& layer) {
  const bool tcp = layer.transport == Transport::tcp;
  const TransportFields& names = tcp ? tcp_ : udp_;
  const std::size_t k = layer.occurrence;
  const auto streams = record.values(names.stream);
  if (k >= streams.size() || packets_.size() == max_packets_in_frame) return;

  Packet packet;
  if (tcp) {
    // A header that is cut before its flags is not a packet of the flow.
    const auto flags = record.values(tcp_flags_);
    if (k >= flags.size()) return;
    packet.tcp_flags = static_cast<std::uint16_t>(number(tcp_flags_, flags[k], 0xffff));
  }
  packet.key = {layer.transport,
                number(names.stream, streams[k], std::numeric_limits<std::uint32_t>::max())};
  for (const Packet& other : packets_) {
    if (other.key == packet.key) return;
  }
  packet.time_ns = frame_.time_ns;
  packet.frame_number = frame_.number;
  packet.frame_bytes = frame_.bytes;
  packet.occurrence = layer.occurrence;
  packet.order_in_frame = static_cast<std::uint8_t>(packets_.size());
  packet.record = &record;
  const auto port = [&](FieldId field) {
    const auto values = record.values(field);
    return k < values.size() ? static_cast<std::uint16_t>(number(field, values[k], 0xffff))
                             : std::uint16_t{0};
  };
  packet.source.port = port(names.source_port);
  packet.destination.port = port(names.destination_port);
  if (layer.ip_version != 0) {
    const std::size_t family = layer.ip_version == 6 ? 1 : 0;
    const auto sources = record.values(source_[family]);
    const auto destinations = record.values(destination_[family]);
    const std::size_t j = layer.ip_occurrence;
    if (j < sources.size()) packet.source.address = address(source_[family], sources[j]);
    if (j < destinations.size()) {
      packet.destination.address = address(destination_[family], destinations[j]);
    }
  }
  packets_.push_back(packet);
}

void PacketDecoder::expect(const Record& record, const LayerPlan& plan) {
  bool v4 = false, v6 = false;
  for (const TransportLayer& layer : plan.transports) {
    v4 |= layer.ip_version == 4;
    v6 |= layer.ip_version == 6;
  }
  for (Expectation& expectation : expectations_) {
    if (expectation.seen) continue;
    if (record.has(expectation.field)) {
      expectation.seen = true;
      --unmet_;
      continue;
    }
    const std::string_view name = fields_.names()[expectation.field];
    expectation.due |= name.starts_with("frame.") || (name.starts_with("tcp.") && plan.counted_tcp) ||
                       (name.starts_with("udp.") && plan.counted_udp) ||
                       (name.starts_with("ip.") && v4) || (name.starts_with("ipv6.") && v6);
  }
}

std::string PacketDecoder::lacking() const {
  for (const Expectation& expectation : expectations_) {
    if (expectation.due && !expectation.seen) return fields_.names()[expectation.field];
  }
  return {};
}

}  // namespace flowmeter
