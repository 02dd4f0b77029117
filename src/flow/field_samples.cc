#include "flow/field_samples.h"

#include <fmt/format.h>

#include "sink/row_writer.h"
#include "stats/moments.h"

namespace flowmeter {
namespace {

/// A gap as a number: whole as it is, else the nearest double.
void append_gap(std::string& text, std::int64_t ns, std::int64_t unit_ns) {
  if (ns % unit_ns == 0) {
    text += fmt::to_string(ns / unit_ns);
  } else if (unit_ns == 1000) {
    append_real(text, static_cast<double>(static_cast<long double>(ns) / 1000));
  } else {
    append_real(text, seconds(ns));
  }
}

}  // namespace

std::string field_argument(PacketSide side, std::string_view field) {
  return fmt::format("{}:{}", name_of(side), field);
}

std::vector<std::string> fields_behind(std::string_view field) {
  if (field == "@size") return {"frame.len"};
  if (field == "@ip") return {"ip.len", "ipv6.plen"};
  if (field == "@pay") return {"tcp.len", "udp.length"};
  if (field == "@hdr") return {"tcp.hdr_len"};
  if (field == "@iat" || field == "@iatd") return {"frame.time_epoch"};
  if (field == "@win") return {"tcp.window_size"};
  return {std::string(field)};
}

bool FieldSamples::are_gaps(std::string_view argument) {
  return argument.ends_with(":@iat") || argument.ends_with(":@iatd");
}

FieldSamples::FieldSamples(AccumulatorContext& context) {
  const std::size_t colon = context.argument.find(':');
  side_ = side_named(context.argument.substr(0, colon)).value();
  name_ = context.argument.substr(colon + 1);
  if (name_ == "@size") source_ = Source::frame_bytes;
  if (name_ == "@ip") source_ = Source::ip_bytes;
  if (name_ == "@pay") source_ = Source::payload_bytes;
  if (name_ == "@hdr") source_ = Source::header_bytes;
  if (name_ == "@iat") source_ = Source::gap;
  if (name_ == "@iatd") source_ = Source::gap_of_side;
  for (const std::string& field : fields_behind(name_)) {
    if (source_ == Source::tshark) {
      field_ = PacketField(context.fields, field);
    } else {
      context.fields.add(field);
    }
  }
}

std::span<const std::string_view> FieldSamples::number(std::uint64_t value) const {
  text_ = fmt::to_string(value);
  view_ = text_;
  return {&view_, 1};
}

std::span<const std::string_view> FieldSamples::of(const Packet& packet, Direction direction) const {
  if (!takes(side_, direction)) return {};
  switch (source_) {
    case Source::frame_bytes:
      return number(packet.frame_bytes);
    case Source::ip_bytes:
      return number(packet.facts.ip_bytes);
    case Source::payload_bytes:
      return number(packet.facts.payload_bytes);
    case Source::header_bytes:
      return number(packet.facts.header_bytes);
    case Source::tshark:
    case Source::gap:
    case Source::gap_of_side:
      break;
  }
  return field_.values(packet);
}

std::span<const std::string_view> FieldSamples::of(const Packet& packet, Direction direction,
                                                   GapClock& clock) const {
  const bool by_side = source_ == Source::gap_of_side;
  const Direction way = by_side ? direction : Direction::forward;
  const bool first = !clock.started[way];
  // The table has made sure that this does not overflow.
  const std::int64_t gap = first ? 0 : packet.time_ns - clock.previous_ns[way];
  clock.started[way] = true;
  clock.previous_ns[way] = packet.time_ns;
  if (first || !takes(side_, direction)) return {};
  text_.clear();
  append_gap(text_, gap, by_side ? 1000 : 1'000'000'000);
  view_ = text_;
  return {&view_, 1};
}

}  // namespace flowmeter
