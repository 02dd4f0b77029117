#include "packet/decoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "base/error.h"
#include "base/parse.h"
#include "dialect/parser.h"

namespace flowmeter {
namespace {

constexpr std::array field_names = {"frame.time_epoch", "frame.len", "frame.protocols", "ip.src",
                                    "ip.dst",           "ipv6.src",  "ipv6.dst"};

/// What tells of a transport's headers: stream and ports; of ICMP, type and identifier.
struct TransportNames {
  Transport transport;
  std::array<const char*, 4> fields;  // some less
};
constexpr std::array transport_names = {
    TransportNames{Transport::tcp, {"tcp.stream", "tcp.srcport", "tcp.dstport", "tcp.flags"}},
    TransportNames{Transport::udp, {"udp.stream", "udp.srcport", "udp.dstport"}},
    TransportNames{Transport::sctp, {"sctp.assoc_index", "sctp.srcport", "sctp.dstport"}},
    TransportNames{Transport::dccp, {"dccp.stream", "dccp.srcport", "dccp.dstport"}},
    TransportNames{Transport::icmp, {"icmp.type", "icmp.ident"}},
    TransportNames{Transport::icmpv6, {"icmpv6.type", "icmpv6.echo.identifier"}},
};

constexpr std::size_t max_packets_in_frame = 64;

/// Whether the text is numbers or addresses with something other than the usual comma between them.
bool is_aggregate(std::string_view text) {
  const std::size_t at = text.find_first_of(";|/ +_#&~");
  if (at == std::string_view::npos) return false;
  const char between = text[at];
  while (true) {
    const std::string_view piece = text.substr(0, text.find(between));
    if (!parse_number(piece) && !parse_address(piece)) return false;
    if (piece.size() == text.size()) return true;
    text.remove_prefix(piece.size() + 1);
  }
}

}  // namespace

void PacketDecoder::add_fields(FieldSet& fields, TransportSet transports) {
  for (const char* name : field_names) fields.add(name);
  for (const TransportNames& names : transport_names) {
    if (!transports.has(names.transport)) continue;
    for (const char* name : names.fields) {
      if (name != nullptr) fields.add(name);
    }
  }
}

PacketDecoder::PacketDecoder(const FieldSet& fields, TunnelPolicy tunnel, TransportSet transports)
    : fields_(fields),
      tunnel_(tunnel),
      number_(fields.find("frame.number")),
      time_(fields.find("frame.time_epoch")),
      length_(fields.find("frame.len")),
      protocols_(fields.find("frame.protocols")),
      tcp_flags_(fields.find("tcp.flags")),
      source_{fields.find("ip.src"), fields.find("ipv6.src")},
      destination_{fields.find("ip.dst"), fields.find("ipv6.dst")},
      facts_(fields),
      plans_(transports) {
  for (const TransportNames& names : transport_names) {
    const auto find = [&](std::size_t i) {
      return names.fields[i] == nullptr ? no_field : fields.find(names.fields[i]);
    };
    transports_[place_of(names.transport)] = {find(0), find(1), find(2)};
  }
}

DueFields& PacketDecoder::expect_fields() {
  due_ = std::make_unique<DueFields>(fields_);
  for (const char* name : field_names) due_->require(name);
  for (const TransportNames& names : transport_names) {
    for (const char* name : names.fields) {
      if (name != nullptr) due_->require(name);
    }
  }
  return *due_;
}

void PacketDecoder::refuse(FieldId field, std::string_view text) const {
  const std::string why = fmt::format("{} has the value \"{:.40}\"", fields_.names()[field], text);
  if (!is_aggregate(text)) throw InputError(why);
  throw InputError(why + ", which is several (leave tshark's -E aggregator out)", true);
}

std::uint64_t PacketDecoder::number(FieldId field, std::string_view text, std::uint64_t most) const {
  const auto value = parse_number(text);
  if (!value || *value > most) refuse(field, text);
  return *value;
}

/// The value at that place, or 0 if there is none.
std::uint64_t PacketDecoder::number_at(const Record& record, FieldId field, std::size_t place,
                                       std::uint64_t most) const {
  if (field == no_field) return 0;
  const auto values = record.values(field);
  return place < values.size() ? number(field, values[place], most) : 0;
}

IpAddress PacketDecoder::address(FieldId field, std::string_view text) const {
  const auto value = parse_address(text);
  if (!value) refuse(field, text);
  return *value;
}

void PacketDecoder::begin_segment() {
  frame_.time_ns = 0;
  echoes_.begin_segment();
  if (numbers_ != nullptr) numbers_->begin_segment();
}

void PacketDecoder::join_segment() {
  frames_before_ = frame_.number;
  if (numbers_ != nullptr) numbers_->begin_segment();
}

const LayerStack& PacketDecoder::plan(const Record& record) {
  const std::string_view protocols = record.first(protocols_);
  const LayerStack& plan = plans_.find(protocols);
  // An unnamed network layer is IPv4 if there is an IPv4 address more than there are ip tokens.
  if (!plan.implicit_ip || record.values(source_[0]).size() > plan.ipv4_layers) return plan;
  return plans_.find(protocols, 6);
}

/// Whether there are values of layers that the plan does not have.
bool PacketDecoder::lacks_layers(const Record& record, const LayerStack& plan) const {
  const auto more = [&](FieldId field, unsigned layers) {
    return field != no_field && record.values(field).size() > layers;
  };
  for (const TransportNames& names : transport_names) {
    const std::size_t place = place_of(names.transport);
    if (more(transports_[place].stream, plan.headers[place])) return true;
  }
  return more(source_[0], plan.network_layers[0]) || more(source_[1], plan.network_layers[1]) ||
         more(fields_.find("eth.src"), plan.eth_layers) || more(fields_.find("vlan.id"), plan.vlan_layers);
}

const Frame& PacketDecoder::decode(const Record& record) {
  ++counted_;
  packets_.clear();
  quoted_.clear();
  uncounted_.clear();
  frame_.number = counted_;
  if (number_ != no_field && record.has(number_)) {
    frame_.number =
        frames_before_ + number(number_, record.first(number_), std::numeric_limits<std::uint32_t>::max());
  }
  frame_.cut = false;
  read_time(record);
  frame_.bytes = 0;
  if (record.has(length_)) {
    frame_.bytes = static_cast<std::uint32_t>(
        number(length_, record.first(length_), std::numeric_limits<std::uint32_t>::max()));
  }
  const LayerStack& layers = plan(record);
  if (record.is_cut(protocols_) && lacks_layers(record, layers)) throw CutValue("frame.protocols");
  if (due_) due_->see(record, layers, frame_.number);
  frame_.ip_layers = static_cast<std::uint16_t>(std::min(layers.ip_layers, 0xffffU));
  for (const TransportLayer& layer : layers.transports) add_header(record, layer, layers);
  if (due_) due_->refuse_loss(record, layers, frame_.number);  // what is wrong with a value is told before
  frame_.every = packets_;
  if (!facts_.empty()) {
    for (Packet& packet : packets_) facts_.read(packet);
  }
  frame_.packets = counted();
  frame_.quoted = quoted_;
  frame_.uncounted = uncounted_;
  return frame_;
}

/// A time that 64 bits of nanoseconds do not hold is as good as none.
void PacketDecoder::read_time(const Record& record) {
  const auto time = record.has(time_) ? parse_time(record.first(time_)) : std::nullopt;
  frame_.timed = time.has_value();
  if (time) {
    frame_.time_ns = *time;
    return;
  }
  if (record.has(time_) && !is_time(record.first(time_))) {
    throw InputError(fmt::format("frame.time_epoch has the value \"{:.40}\"", record.first(time_)));
  }
  ++timeless_;
}

/// The packets that the tunnel policy takes.
std::span<const Packet> PacketDecoder::counted() {
  if (packets_.size() < 2 || tunnel_ == TunnelPolicy::all) return packets_;
  chosen_.clear();
  unsigned least_depth = no_layer;
  for (std::size_t i = 0; i < packets_.size(); ++i) {
    const unsigned depth = packets_[i].layer->depth;
    const bool carries_next = i + 1 < packets_.size() && packets_[i + 1].layer->depth > depth;
    const bool is_carried = depth > least_depth;
    least_depth = std::min(least_depth, depth);
    if (tunnel_ == TunnelPolicy::inner ? carries_next : is_carried) continue;
    chosen_.push_back(packets_[i]);
    chosen_.back().order_in_frame = static_cast<std::uint8_t>(chosen_.size() - 1);
  }
  return chosen_;
}

bool PacketDecoder::read_header(const Record& record, const TransportLayer& layer, const LayerStack& plan,
                                bool quoted, Packet& header) {
  if (layer.transport == Transport::icmp || layer.transport == Transport::icmpv6) {
    return read_echo(record, layer, header);
  }
  const bool tcp = layer.transport == Transport::tcp;
  const TransportFields& names = transports_[place_of(layer.transport)];
  const auto streams = record.values(names.stream);
  const std::size_t k = layer.occurrence;
  if (k >= streams.size()) return false;
  header.key = {layer.transport, number(names.stream, streams[k], std::numeric_limits<std::uint32_t>::max())};
  if (layer.transport == Transport::sctp && header.key.stream == no_association) return false;
  header.time_ns = frame_.time_ns;
  header.occurrence = layer.occurrence;
  header.record = &record;
  header.plan = &plan;
  header.layer = &layer;
  if (tcp) {
    header.tcp_flags = static_cast<std::uint16_t>(number_at(record, tcp_flags_, k, 0xffff));
  }
  header.source.port = static_cast<std::uint16_t>(number_at(record, names.source_port, k, 0xffff));
  header.destination.port = static_cast<std::uint16_t>(number_at(record, names.destination_port, k, 0xffff));
  if (layer.ip_version != 0) read_addresses(record, layer, header);
  if (numbers_ != nullptr) header.key.stream = numbers_->translate(header, quoted);
  return true;
}

/// Likewise for an ICMP layer; false if it is no echo.
bool PacketDecoder::read_echo(const Record& record, const TransportLayer& layer, Packet& header) {
  constexpr std::uint64_t most_type = 0xff, most_identifier = 0xffff;
  const TransportFields& names = transports_[place_of(layer.transport)];
  const FieldId type_field = names.stream, identifier_field = names.source_port;
  const auto types = record.values(type_field);
  if (layer.occurrence >= types.size()) return false;
  const auto type = [&](std::size_t k) { return number(type_field, types[k], most_type); };
  const auto role = echo_role(layer.transport, type(layer.occurrence));
  if (!role) return false;
  std::size_t place = 0;  // of its identifier: messages before it may have one as well
  for (std::size_t k = 0; k < layer.occurrence; ++k) {
    if (has_identifier(layer.transport, type(k))) ++place;
  }
  if (identifier_field == no_field || place >= record.values(identifier_field).size()) return false;
  header.time_ns = frame_.time_ns;
  header.occurrence = layer.occurrence;
  header.record = &record;
  if (layer.ip_version != 0) read_addresses(record, layer, header);
  Endpoint& requester = *role == EchoRole::request ? header.source : header.destination;
  const Endpoint& responder = *role == EchoRole::request ? header.destination : header.source;
  requester.port = static_cast<std::uint16_t>(number_at(record, identifier_field, place, most_identifier));
  header.key = {layer.transport, echoes_.number(layer.transport, requester, responder.address)};
  return true;
}

void PacketDecoder::read_addresses(const Record& record, const TransportLayer& layer, Packet& header) const {
  const std::size_t family = layer.ip_version == 6 ? 1 : 0;
  header.ip_version = layer.ip_version;
  const auto sources = record.values(source_[family]);
  const auto destinations = record.values(destination_[family]);
  const std::size_t j = layer.ip_occurrence;
  if (j < sources.size()) header.source.address = address(source_[family], sources[j]);
  if (j < destinations.size()) {
    header.destination.address = address(destination_[family], destinations[j]);
  }
}

void PacketDecoder::add_header(const Record& record, const TransportLayer& layer, const LayerStack& plan) {
  switch (layer.role) {
    case LayerRole::packet:
      return add_packet(record, layer, plan);
    case LayerRole::quoted:
      return add_quoted(record, layer, plan);
    case LayerRole::sampled:
      return add_sampled(record, layer, plan);
  }
}

void PacketDecoder::add_packet(const Record& record, const TransportLayer& layer, const LayerStack& plan) {
  if (packets_.size() == max_packets_in_frame) {
    ++left_out_;
    return;
  }
  Packet packet;
  // A header that is cut before its flags is not a packet of the flow.
  const bool tcp = layer.transport == Transport::tcp;
  const bool read = read_header(record, layer, plan, false, packet);
  if (!read || (tcp && layer.occurrence >= record.values(tcp_flags_).size())) {
    if (read) uncounted_.push_back(packet);
    frame_.cut |= layer.transport != Transport::icmp && layer.transport != Transport::icmpv6;
    return;
  }
  packet.frame_number = frame_.number;
  packet.frame_bytes = frame_.bytes;
  packet.order_in_frame = static_cast<std::uint8_t>(packets_.size());
  packet.plan = &plan;
  packet.layer = &layer;
  packet.frame = &frame_;
  packets_.push_back(packet);
}

void PacketDecoder::add_quoted(const Record& record, const TransportLayer& layer, const LayerStack& plan) {
  // tshark takes a quoted SCTP header for one of any association.
  if (layer.transport == Transport::sctp) return;
  Packet header;
  if (!read_header(record, layer, plan, true, header)) return;
  const bool known = std::any_of(quoted_.begin(), quoted_.end(),
                                 [&](const Packet& other) { return other.key == header.key; });
  if (!known) quoted_.push_back(header);
}

/// It takes a stream number, if it is of a transport whose streams tshark numbers.
void PacketDecoder::add_sampled(const Record& record, const TransportLayer& layer, const LayerStack& plan) {
  if (layer.transport == Transport::icmp || layer.transport == Transport::icmpv6) return;
  if (layer.transport == Transport::sctp) return;  // as if it were quoted
  Packet header;
  if (read_header(record, layer, plan, true, header)) uncounted_.push_back(header);
}

}  // namespace flowmeter
