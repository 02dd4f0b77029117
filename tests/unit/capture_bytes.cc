#include "capture_bytes.h"

#include <algorithm>

namespace flowmeter::test {

std::string int16(std::uint32_t value, Order order) {
  const char low = static_cast<char>(value & 0xFFU);
  const char high = static_cast<char>((value >> 8U) & 0xFFU);
  return order == Order::big ? std::string{high, low} : std::string{low, high};
}

std::string int32(std::uint32_t value, Order order) {
  const std::string low = int16(value & 0xFFFFU, order);
  const std::string high = int16(value >> 16U, order);
  return order == Order::big ? high + low : low + high;
}

std::string pcap_header(Order order, std::uint32_t link_type, std::uint32_t magic, std::uint32_t snaplen,
                        std::uint16_t minor) {
  return int32(magic, order) + int16(2, order) + int16(minor, order) + int32(0, order) + int32(0, order) +
         int32(snaplen, order) + int32(link_type, order);
}

std::string pcap_record(Order order, std::string_view packet, std::uint32_t seconds, std::uint32_t fraction,
                        std::uint32_t orig_len) {
  const auto size = static_cast<std::uint32_t>(packet.size());
  return int32(seconds, order) + int32(fraction, order) + int32(size, order) +
         int32(std::max(size, orig_len), order) + std::string(packet);
}

std::string block(Order order, std::uint32_t type, std::string_view body) {
  std::string padded(body);
  padded.resize((body.size() + 3) / 4 * 4);
  const std::string size = int32(static_cast<std::uint32_t>(padded.size() + 12), order);
  return int32(type, order) + size + padded + size;
}

std::string section(Order order, std::string_view options) {
  return block(order, 0x0A0D0D0A,
               int32(0x1A2B3C4D, order) + int16(1, order) + int16(0, order) + int32(0xFFFFFFFF, order) +
                   int32(0xFFFFFFFF, order) + std::string(options));
}

std::string interface(Order order, std::uint32_t link_type, std::uint32_t snaplen, std::string_view options) {
  return block(order, 1,
               int16(link_type, order) + int16(0, order) + int32(snaplen, order) + std::string(options));
}

namespace {

std::string with_padding(std::string_view packet) {
  std::string padded(packet);
  padded.resize((packet.size() + 3) / 4 * 4);
  return padded;
}

std::string stamped(Order order, std::string_view packet, std::uint64_t time) {
  const auto size = static_cast<std::uint32_t>(packet.size());
  return int32(static_cast<std::uint32_t>(time >> 32U), order) +
         int32(static_cast<std::uint32_t>(time), order) + int32(size, order) + int32(size, order) +
         with_padding(packet);
}

}  // namespace

std::string enhanced(Order order, std::string_view packet, std::uint32_t id, std::uint64_t time,
                     std::string_view options) {
  return block(order, 6, int32(id, order) + stamped(order, packet, time) + std::string(options));
}

std::string simple(Order order, std::string_view packet, std::uint32_t orig_len) {
  return block(order, 3, int32(orig_len, order) + std::string(packet));
}

std::string obsolete(Order order, std::string_view packet, std::uint16_t id) {
  return block(order, 2, int16(id, order) + int16(0, order) + stamped(order, packet, 1000002));
}

std::string option(Order order, std::uint16_t code, std::string_view value) {
  return int16(code, order) + int16(static_cast<std::uint32_t>(value.size()), order) + with_padding(value);
}

std::string ethernet(std::string_view payload, std::uint16_t type) {
  return std::string("\x02\0\0\0\0\1\x02\0\0\0\0\2", 12) + int16(type, Order::big) + std::string(payload);
}

std::string ipv4(std::uint8_t protocol, std::uint8_t from, std::uint8_t to, std::string_view payload,
                 std::uint16_t fragment, std::string_view options) {
  const auto words = static_cast<std::uint32_t>(5 + (options.size() + 3) / 4);
  const auto size = static_cast<std::uint32_t>(words * 4 + payload.size());
  std::string head{static_cast<char>(0x40 | words), 0};
  head += int16(size, Order::big) + int16(7, Order::big) + int16(fragment, Order::big);
  head += {64, static_cast<char>(protocol), 0, 0};
  head += {10, 0, 0, static_cast<char>(from), 10, 0, 0, static_cast<char>(to)};
  return head + with_padding(options) + std::string(payload);
}

std::string ipv6(std::uint8_t next, std::uint8_t from, std::uint8_t to, std::string_view payload) {
  std::string head("\x60\0\0\0", 4);
  head += int16(static_cast<std::uint32_t>(payload.size()), Order::big);
  head += {static_cast<char>(next), 64};
  for (const std::uint8_t last : {from, to}) {
    head += std::string("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0", 15) + static_cast<char>(last);
  }
  return head + std::string(payload);
}

std::string ports(std::uint16_t from, std::uint16_t to) {
  return int16(from, Order::big) + int16(to, Order::big) + std::string(16, '\0');
}

std::string Reading::kinds() const {
  std::string letters;
  for (const CaptureItem& item : items) letters += "HSIND-FT"[static_cast<int>(item.kind)];
  return letters;
}

namespace {

void keep(Reading& reading, CaptureItem item) {
  const bool more_tail =
      item.kind == ItemKind::tail && !reading.items.empty() && reading.items.back().kind == ItemKind::tail;
  if (more_tail) {
    reading.records.back() += item.bytes;
    return;
  }
  reading.records.emplace_back(item.bytes);
  if (item.kind == ItemKind::frame) reading.packets.emplace_back(item.packet);
  item.bytes = item.packet = {};
  reading.items.push_back(item);
}

}  // namespace

Reading read(std::string_view input, std::size_t piece, CaptureOrigin origin) {
  CaptureReader reader(origin);
  Reading reading;
  CaptureItem item;
  while (!input.empty()) {
    // Each piece lies in memory of its own, so that a view kept for too long is found out.
    const std::string part(input.substr(0, piece == 0 ? input.size() : piece));
    input.remove_prefix(part.size());
    reader.put(part);
    while (reader.next(item)) keep(reading, item);
  }
  reader.finish();
  while (reader.next(item)) keep(reading, item);
  reading.state = reader.state();
  reading.trouble_offset = reader.trouble_offset();
  return reading;
}

}  // namespace flowmeter::test
