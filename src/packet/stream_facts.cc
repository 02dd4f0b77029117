#include "packet/stream_facts.h"

#include <algorithm>
#include <optional>
#include <tuple>

#include "base/parse.h"
#include "packet/layer_stack.h"

namespace flowmeter {
namespace {

auto order(const Endpoint& endpoint) {
  return std::tie(endpoint.address.version, endpoint.address.bytes, endpoint.port);
}

std::optional<std::uint64_t> number_at(const Record& record, FieldId field, std::size_t place) {
  const auto values = record.values(field);
  if (place >= values.size()) return std::nullopt;
  return parse_number(values[place]);
}

/// Routing headers whose addresses are known.
constexpr std::uint64_t source_route = 0, mobile = 2, rpl = 3, segments = 4;

}  // namespace

StreamEnd sender_of(const StreamFacts& facts) noexcept {
  return order(facts.source) <= order(facts.destination) ? StreamEnd::lower : StreamEnd::higher;
}

StreamFactsReader::StreamFactsReader(FieldSet& fields)
    : sequence_(fields.add("tcp.seq_raw")),
      acknowledgement_(fields.add("tcp.ack_raw")),
      shown_sequence_(fields.add(shown_sequence)),
      bytes_(fields.add("tcp.len")),
      routing_type_(fields.add("ipv6.routing.type")),
      segments_left_(fields.add("ipv6.routing.segleft")),
      last_entry_(fields.add("ipv6.routing.srh.last_entry")),
      home_address_(fields.add("ipv6.opt.mipv6.home_address")) {
  hops_.fill(no_field);
  hops_[source_route] = fields.add("ipv6.routing.src.addr");
  hops_[mobile] = fields.add("ipv6.routing.mipv6.home_address");
  hops_[rpl] = fields.add("ipv6.routing.rpl.full_address");
  hops_[segments] = fields.add("ipv6.routing.srh.addr");
}

StreamFacts StreamFactsReader::of(const Packet& header, bool quoted) const {
  StreamFacts facts{header.source, header.destination, numbers_of(header, quoted)};
  if (header.ip_version == 6 && header.layer != nullptr) {
    // Of what an ICMP error quotes tshark restores the addresses when it is through with the routing header.
    if (!quoted) take_last_hop(header, facts.destination);
    take_home_address(header, facts.source);
  }
  return facts;
}

/// Of what ICMP errors quote tshark shows the number itself in place of the relative one, and may leave the
/// raw one away. The length of a segment is there exactly if all tsharks take initial numbers from it.
TcpNumbers StreamFactsReader::numbers_of(const Packet& header, bool quoted) const {
  if (header.key.transport != Transport::tcp) return {};
  const Record& record = *header.record;
  const std::size_t k = header.occurrence;
  const auto sequence = number_at(record, quoted ? shown_sequence_ : sequence_, k);
  const auto acknowledgement = number_at(record, acknowledgement_, k);
  TcpNumbers numbers;
  numbers.known = sequence.has_value();
  numbers.sequence = static_cast<std::uint32_t>(sequence.value_or(0));
  numbers.acknowledgement = static_cast<std::uint32_t>(acknowledgement.value_or(0));
  const bool whole = k < record.values(bytes_).size();
  numbers.teaches = quoted  ? TcpNumbers::Teaches::none
                    : whole ? TcpNumbers::Teaches::all
                            : TcpNumbers::Teaches::some_tsharks;
  return numbers;
}

/// The last routing header of the packet that has segments left decides.
void StreamFactsReader::take_last_hop(const Packet& header, Endpoint& destination) const {
  for (std::size_t which = header.layer->routing_begin; which < header.layer->routing_end; ++which) {
    if (const auto address = parse_address(hop(*header.record, which))) destination.address = *address;
  }
}

/// The last hop in the frame's routing header with that number; empty: none that counts.
std::string_view StreamFactsReader::hop(const Record& record, std::size_t which) const {
  const auto type = number_at(record, routing_type_, which);
  const auto left = number_at(record, segments_left_, which);
  if (!type || left.value_or(0) == 0 || *type >= hops_.size() || hops_[*type] == no_field) return {};
  const auto addresses = record.values(hops_[*type]);
  std::size_t before = 0, alike = 0;  // headers of the same type: before this one, and all
  std::size_t begin = 0;              // of this one's addresses, if there are lists of segments
  for (std::size_t other = 0; other < record.values(routing_type_).size(); ++other) {
    if (number_at(record, routing_type_, other) != type) continue;
    if (other < which) {
      begin += number_at(record, last_entry_, before).value_or(0) + 1;
      ++before;
    }
    ++alike;
  }
  if (*type == segments) return begin < addresses.size() ? addresses[begin] : std::string_view{};
  // Types that are out of use do not occur with different lists in one frame.
  const std::size_t each = addresses.size() / alike;
  return each == 0 ? std::string_view{} : addresses[(before + 1) * each - 1];
}

void StreamFactsReader::take_home_address(const Packet& header, Endpoint& source) const {
  if (header.layer->options_occurrence == no_layer) return;
  const auto addresses = header.record->values(home_address_);
  if (addresses.empty()) return;
  // Where several layers have options it is not said which of them has a home address.
  const std::size_t place = std::min<std::size_t>(header.layer->options_occurrence, addresses.size() - 1);
  if (const auto address = parse_address(addresses[place])) source.address = *address;
}

}  // namespace flowmeter
