#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

namespace flowmeter {

/// An IPv4 or IPv6 address in network byte order, or none (a transport without a network layer).
/// IPv4 takes the first four bytes; the rest is zero.
struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};
  std::uint8_t version = 0;  ///< 4, 6, or 0 for none

  friend bool operator==(const IpAddress&, const IpAddress&) = default;
};

/// Reads an address as tshark prints it (no names, no zone). Nothing for other text.
[[nodiscard]] std::optional<IpAddress> parse_address(std::string_view text) noexcept;

/// The address as tshark prints it; "-" for none.
[[nodiscard]] std::string to_string(const IpAddress& address);

/// Addresses that begin with the same bits.
struct AddressBlock {
  IpAddress address;
  unsigned bits = 0;

  [[nodiscard]] bool contains(const IpAddress& other) const noexcept;

  /// Whether it is a single address.
  [[nodiscard]] bool is_host() const noexcept { return bits == (address.version == 4 ? 32U : 128U); }

  friend bool operator==(const AddressBlock&, const AddressBlock&) = default;
};

/// Reads an address, or a block of them such as 10.0.0.0/8. Nothing for other text.
[[nodiscard]] std::optional<AddressBlock> parse_address_block(std::string_view text) noexcept;

/// A link-layer address of 48 bits, in the order of transmission.
struct MacAddress {
  std::array<std::uint8_t, 6> bytes{};

  static constexpr auto members() { return std::tuple(&MacAddress::bytes); }
  friend bool operator==(const MacAddress&, const MacAddress&) = default;
};

/// Reads an address as tshark prints it ("02:00:00:00:00:0a"). Nothing for other text.
[[nodiscard]] std::optional<MacAddress> parse_mac(std::string_view text) noexcept;

/// The address as tshark prints it.
[[nodiscard]] std::string to_string(const MacAddress& address);

/// One side of a conversation: transport address as in RFC 7011's flow keys.
struct Endpoint {
  IpAddress address;
  std::uint16_t port = 0;

  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

/// As those of base/hash.h: the hash of what has been hashed so far and of an address.
[[nodiscard]] std::uint64_t mix(std::uint64_t hash, const IpAddress& address) noexcept;
[[nodiscard]] std::uint64_t mix(std::uint64_t hash, const Endpoint& endpoint) noexcept;

}  // namespace flowmeter
