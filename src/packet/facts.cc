#include "packet/facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "base/parse.h"
#include "dialect/known_fields.h"
#include "packet/packet_field.h"

namespace flowmeter {
namespace {

constexpr std::uint8_t udp_header_bytes = 8;
constexpr std::uint32_t ipv6_header_bytes = 40;
constexpr std::uint64_t most_32 = std::numeric_limits<std::uint32_t>::max();

using enum Fact;

}  // namespace

void add_fact_fields(FieldSet& fields, FactSet facts) {
  for (const std::string& field : fact_fields(facts)) fields.add(field);
}

std::vector<std::string> fact_fields(FactSet facts) {
  std::vector<std::string> fields;
  for (const Fact fact : all_facts) {
    if (!facts.has(fact)) continue;
    for (const KnownField& field : known_fields()) {
      if (field.fact == fact) fields.emplace_back(field.name);
    }
  }
  return fields;
}

struct FactReader::Reader {
  Fact fact;
  PacketField first, second;  // which of them depends on the packet; the second may read nothing

  /// Sets a member to the field's value and the fact known, if there is one.
  template <class Value>
  void set(Packet& packet, Value& member, const PacketField& field, std::uint64_t most) const {
    const auto value = field.number(packet, most);
    if (!value) return;
    member = static_cast<Value>(*value);
    packet.facts.known.add(fact);
  }

  void set_mac(Packet& packet, MacAddress& member) const {
    const std::string_view text = first.first(packet);
    if (text.empty()) return;
    const auto mac = parse_mac(text);
    if (!mac) first.refuse(text);
    member = *mac;
    packet.facts.known.add(fact);
  }

  void read(Packet& packet) const;
  void read_sizes(Packet& packet) const;
};

/// Sizes that differ between the families and transports by a constant.
void FactReader::Reader::read_sizes(Packet& packet) const {
  PacketFacts& facts = packet.facts;
  const bool tcp = packet.key.transport == Transport::tcp, udp = packet.key.transport == Transport::udp;
  if (fact == ip_bytes) {
    if (packet.ip_version != 6) {
      set(packet, facts.ip_bytes, first, most_32);
    } else if (const auto carried = second.number(packet, most_32 - ipv6_header_bytes)) {
      facts.ip_bytes = static_cast<std::uint32_t>(*carried) + ipv6_header_bytes;
      facts.known.add(fact);
    }
  } else if (fact == payload_bytes && tcp) {
    set(packet, facts.payload_bytes, first, most_32);
  } else if (fact == payload_bytes && udp) {
    if (const auto length = second.number(packet, most_32)) {
      facts.payload_bytes =
          static_cast<std::uint32_t>(std::max<std::uint64_t>(*length, udp_header_bytes)) - udp_header_bytes;
      facts.known.add(fact);
    }
  } else if (fact == header_bytes && tcp) {
    set(packet, facts.header_bytes, first, 0xff);
  } else if (fact == header_bytes && udp) {
    facts.header_bytes = udp_header_bytes;
    facts.known.add(fact);
  }
}

void FactReader::Reader::read(Packet& packet) const {
  PacketFacts& facts = packet.facts;
  const PacketField& of_family = packet.ip_version == 6 ? second : first;
  switch (fact) {
    case ip_bytes:
    case payload_bytes:
    case header_bytes:
      read_sizes(packet);
      break;
    case sequence:
      set(packet, facts.sequence, first, most_32);
      break;
    case acknowledgement:
      set(packet, facts.acknowledgement, first, most_32);
      break;
    case window:
      set(packet, facts.window, first, 0xffff);
      break;
    case segment_bytes:
      set(packet, facts.segment_bytes, first, 0xffff);
      break;
    case window_shift:
      set(packet, facts.window_shift, first, 0xff);
      break;
    case sack_permitted:
      if (first.has(packet)) facts.known.add(fact);
      break;
    case ttl:
      set(packet, facts.ttl, of_family, 0xff);
      break;
    case dscp:
      set(packet, facts.dscp, of_family, 0xff);
      break;
    case ip_id:
      set(packet, facts.ip_id, first, 0xffff);
      break;
    case ip_flags:
      set(packet, facts.ip_flags, first, 0xffff);
      break;
    case source_mac:
      set_mac(packet, facts.source_mac);
      break;
    case destination_mac:
      set_mac(packet, facts.destination_mac);
      break;
    case vlan_id:
      if (const auto tags = first.values(packet); !tags.empty()) {
        facts.vlan_id = static_cast<std::uint16_t>(first.number_of(tags.back(), 0xffff));
        facts.known.add(fact);
      }
      break;
  }
}

FactReader::FactReader(const FieldSet& fields) {
  for (const Fact fact : all_facts) {
    const std::vector<std::string> names = fact_fields({fact});
    Reader reader{fact, PacketField::find(fields, names.front()), {}};
    if (names.size() > 1) reader.second = PacketField::find(fields, names.back());
    if (reader.first || reader.second) readers_.push_back(std::move(reader));
  }
}

FactReader::~FactReader() = default;

void FactReader::read(Packet& packet) const {
  for (const Reader& reader : readers_) reader.read(packet);
}

}  // namespace flowmeter
