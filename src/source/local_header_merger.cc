#include "source/local_header_merger.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "dialect/known_fields.h"

namespace flowmeter {
namespace {

/// One column for both: what counts is how many streams there are; the splitter knows the transport.
constexpr std::string_view streams_column = "tcp.stream || udp.stream";

constexpr std::uint8_t tcp_protocol = 6;

/// A layer stack with that transport header.
std::string_view protocols_of(const LocalHeader& header) {
  const bool tcp = header.protocol == tcp_protocol;
  const bool v6 = header.source.version == 6;
  if (!header.quoted && v6) return tcp ? "eth:ethertype:ipv6:tcp" : "eth:ethertype:ipv6:udp";
  if (!header.quoted) return tcp ? "eth:ethertype:ip:tcp" : "eth:ethertype:ip:udp";
  if (v6) return tcp ? "eth:ethertype:ipv6:icmpv6:ipv6:tcp" : "eth:ethertype:ipv6:icmpv6:ipv6:udp";
  return tcp ? "eth:ethertype:ip:icmp:ip:tcp" : "eth:ethertype:ip:icmp:ip:udp";
}

TcpNumbers::Teaches teaches_of(const LocalHeader& header) {
  if (header.quoted) return TcpNumbers::Teaches::none;
  return header.whole ? TcpNumbers::Teaches::all : TcpNumbers::Teaches::some_tsharks;
}

char* write_quad(char* at, const IpAddress& address) {
  for (std::size_t part = 0; part < 4; ++part) {
    if (part != 0) *at++ = '.';
    at = std::to_chars(at, at + 3, address.bytes[part]).ptr;
  }
  return at;
}

char* write_address(char* at, const IpAddress& address) {
  if (address.version == 4) return write_quad(at, address);
  inet_ntop(AF_INET6, address.bytes.data(), at, INET6_ADDRSTRLEN);
  return at + std::strlen(at);
}

/// Seconds and nine digits, which count forward from them.
char* write_time(char* at, std::int64_t time_ns) {
  constexpr std::int64_t second = 1'000'000'000;
  std::int64_t seconds = time_ns / second, fraction = time_ns % second;
  if (fraction < 0) {
    --seconds;
    fraction += second;
  }
  at = std::to_chars(at, at + 20, seconds).ptr;
  char* const point = at;
  at = std::to_chars(at, at + 20, second + fraction).ptr;
  *point = '.';  // in place of the leading 1
  return at;
}

}  // namespace

LocalHeaderMerger::LocalHeaderMerger(FieldSet& fields, bool protocols)
    : protocols_asked_(protocols),
      streams_(fields.add(streams_column)),
      protocols_(fields.find("frame.protocols")),
      time_(fields.find("frame.time_epoch")),
      bytes_(fields.find("frame.len")),
      flags_(fields.find("tcp.flags")),
      sequence_(fields.find("tcp.seq_raw")),
      acknowledgement_(fields.find("tcp.ack_raw")),
      source_{fields.find("ip.src"), fields.find("ipv6.src")},
      destination_{fields.find("ip.dst"), fields.find("ipv6.dst")},
      tcp_{fields.find("tcp.stream"), fields.find("tcp.srcport"), fields.find("tcp.dstport")},
      udp_{fields.find("udp.stream"), fields.find("udp.srcport"), fields.find("udp.dstport")} {}

FieldSet LocalHeaderMerger::remaining(const FieldSet& fields, bool protocols) {
  FieldSet rest;
  for (const std::string& name : fields.names()) {
    if (!field_has(name, field_trait::local) && (protocols || name != "frame.protocols")) rest.add(name);
  }
  rest.add(streams_column);
  return rest;
}

bool LocalHeaderMerger::complete(Record& record, const LocalHeader& header) {
  at_ = text_.data();
  const auto streams = record.values(streams_);
  const std::size_t most = header.protocol == 0 ? 0 : 1;
  if (streams.size() > most || !header.time_is_sure) return false;
  has_stream_ = !streams.empty();
  const std::string_view stream = has_stream_ ? streams.front() : std::string_view{};
  if (header.has_time) {
    add(record, time_, write_time(at_, header.time_ns));
  }
  add_number(record, bytes_, header.bytes);
  if (has_stream_) add_transport(record, header, stream);
  return true;
}

void LocalHeaderMerger::add_transport(Record& record, const LocalHeader& header, std::string_view stream) {
  const bool tcp = header.protocol == tcp_protocol;
  const TransportFields& fields = tcp ? tcp_ : udp_;
  facts_ = {{header.source, header.source_port},
            {header.destination, header.destination_port},
            {header.sequence, header.acknowledgement, tcp, teaches_of(header)}};
  record.add(fields.stream, stream);
  if (!protocols_asked_) record.add(protocols_, protocols_of(header));
  add_number(record, fields.source_port, header.source_port);
  add_number(record, fields.destination_port, header.destination_port);
  if (tcp) {
    add_flags(record, header.tcp_flags);
    add_number(record, sequence_, header.sequence);
    add_number(record, acknowledgement_, header.acknowledgement);
  }
  const std::size_t family = header.source.version == 6 ? 1 : 0;
  // The addresses of the packet that quotes come first, and are nobody's: any will do.
  if (header.quoted) add_address(record, source_[family], header.source);
  add_address(record, source_[family], header.source);
  if (header.quoted) add_address(record, destination_[family], header.destination);
  add_address(record, destination_[family], header.destination);
}

void LocalHeaderMerger::add_number(Record& record, FieldId field, std::uint64_t value) {
  add(record, field, std::to_chars(at_, at_ + 20, value).ptr);
}

/// As EK spells them.
void LocalHeaderMerger::add_flags(Record& record, std::uint16_t flags) {
  constexpr const char* digits = "0123456789abcdef";
  char* end = std::copy_n("0x", 2, at_);
  for (int shift = 12; shift >= 0; shift -= 4) *end++ = digits[flags >> shift & 0xf];
  add(record, flags_, end);
}

void LocalHeaderMerger::add_address(Record& record, FieldId field, const IpAddress& address) {
  add(record, field, write_address(at_, address));
}

/// Adds what was written from at_ to `end`.
void LocalHeaderMerger::add(Record& record, FieldId field, char* end) {
  record.add(field, {at_, static_cast<std::size_t>(end - at_)});
  at_ = end;
}

}  // namespace flowmeter
