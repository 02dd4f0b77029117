#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "capture/reader.h"

/// Captures and packets made by hand, for the tests of src/capture.
namespace flowmeter::test {

using wire::Order;

/// Integers in either order.
std::string int16(std::uint32_t value, Order order);
std::string int32(std::uint32_t value, Order order);

/// A pcap file header and record.
std::string pcap_header(Order order, std::uint32_t link_type = 1, std::uint32_t magic = 0xA1B2C3D4,
                        std::uint32_t snaplen = 262144, std::uint16_t minor = 4);
std::string pcap_record(Order order, std::string_view packet, std::uint32_t seconds = 1,
                        std::uint32_t fraction = 2, std::uint32_t orig_len = 0);

/// pcapng blocks. `options` are appended as they are.
std::string block(Order order, std::uint32_t type, std::string_view body);
std::string section(Order order, std::string_view options = {});
std::string interface(Order order, std::uint32_t link_type = 1, std::uint32_t snaplen = 0,
                      std::string_view options = {});
std::string enhanced(Order order, std::string_view packet, std::uint32_t id = 0, std::uint64_t time = 1000002,
                     std::string_view options = {});
std::string simple(Order order, std::string_view packet, std::uint32_t orig_len);
std::string obsolete(Order order, std::string_view packet, std::uint16_t id = 0);
std::string option(Order order, std::uint16_t code, std::string_view value);

/// Packets. Addresses are the last byte of 10.0.0.x or of 2001:db8::x.
std::string ethernet(std::string_view payload, std::uint16_t type = 0x0800);
std::string ipv4(std::uint8_t protocol, std::uint8_t from, std::uint8_t to, std::string_view payload,
                 std::uint16_t fragment = 0, std::string_view options = {});
std::string ipv6(std::uint8_t next, std::uint8_t from, std::uint8_t to, std::string_view payload);
std::string ports(std::uint16_t from, std::uint16_t to);

/// What a reader made of an input.
struct Reading {
  std::vector<CaptureItem> items;    ///< without views
  std::vector<std::string> records;  ///< their bytes; tails in one piece
  std::vector<std::string> packets;  ///< of the frames
  ReaderState state = ReaderState::reading;
  std::uint64_t trouble_offset = 0;

  [[nodiscard]] std::string kinds() const;  ///< one letter each: H S I N D - F T
};

/// Reads `input` in pieces of `piece` bytes; 0: in one piece.
Reading read(std::string_view input, std::size_t piece = 0, CaptureOrigin origin = CaptureOrigin::file);

/// The sizes of pieces that every input is tried in.
inline constexpr std::size_t piece_sizes[] = {1, 7, 4096, 0};

}  // namespace flowmeter::test
