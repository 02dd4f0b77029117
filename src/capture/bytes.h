#pragma once

#include <boost/endian/conversion.hpp>
#include <cstddef>
#include <cstdint>
#include <string_view>

/// Integers out of captured bytes, in either byte order and at any alignment.
/// None of these checks a length: the caller has made sure that the bytes are there.
namespace flowmeter::wire {

/// Byte order of a capture's own headers (packets are always big-endian).
enum class Order : std::uint8_t { little, big };

/// Address of the byte at `offset`.
inline const unsigned char* at(std::string_view bytes, std::size_t offset) {
  return reinterpret_cast<const unsigned char*>(bytes.data()) + offset;
}

/// One byte.
inline std::uint8_t u8(std::string_view bytes, std::size_t offset) { return *at(bytes, offset); }

/// Big-endian 16 bits: network order.
inline std::uint16_t be16(std::string_view bytes, std::size_t offset) {
  return boost::endian::load_big_u16(at(bytes, offset));
}

/// Big-endian 32 bits: network order.
inline std::uint32_t be32(std::string_view bytes, std::size_t offset) {
  return boost::endian::load_big_u32(at(bytes, offset));
}

/// Big-endian 64 bits.
inline std::uint64_t be64(std::string_view bytes, std::size_t offset) {
  return boost::endian::load_big_u64(at(bytes, offset));
}

/// 16 bits in the capture's order.
inline std::uint16_t u16(std::string_view bytes, std::size_t offset, Order order) {
  return order == Order::big ? be16(bytes, offset) : boost::endian::load_little_u16(at(bytes, offset));
}

/// 32 bits in the capture's order.
inline std::uint32_t u32(std::string_view bytes, std::size_t offset, Order order) {
  return order == Order::big ? be32(bytes, offset) : boost::endian::load_little_u32(at(bytes, offset));
}

/// 64 bits in the capture's order.
inline std::uint64_t u64(std::string_view bytes, std::size_t offset, Order order) {
  return order == Order::big ? be64(bytes, offset) : boost::endian::load_little_u64(at(bytes, offset));
}

/// Rounds up to a multiple of four, wrapping at 32 bits as Wireshark's readers do.
constexpr std::uint32_t round4(std::uint32_t n) { return (n + 3U) & ~3U; }

}  // namespace flowmeter::wire
