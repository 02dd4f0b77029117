#include "base/address.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/hash.h"

namespace flowmeter {
namespace {

/// Dotted quads come once or twice with every packet; inet_pton wants a copy and takes ten times as long.
bool parse_v4(std::string_view text, std::uint8_t* out) {
  const char* at = text.data();
  const char* const end = at + text.size();
  for (int part = 0; part < 4; ++part) {
    if (part > 0 && (at == end || *at++ != '.')) return false;
    const auto [next, error] = std::from_chars(at, end, out[part]);
    if (error != std::errc{}) return false;
    at = next;
  }
  return at == end;
}

}  // namespace

std::optional<IpAddress> parse_address(std::string_view text) noexcept {
  IpAddress address;
  if (text.find(':') == std::string_view::npos) {
    if (!parse_v4(text, address.bytes.data())) return std::nullopt;
    address.version = 4;
    return address;
  }
  char copy[INET6_ADDRSTRLEN];
  if (text.size() >= sizeof copy) return std::nullopt;
  std::memcpy(copy, text.data(), text.size());
  copy[text.size()] = '\0';
  if (inet_pton(AF_INET6, copy, address.bytes.data()) != 1) return std::nullopt;
  address.version = 6;
  return address;
}

std::string to_string(const IpAddress& address) {
  if (address.version == 0) return "-";
  const auto& bytes = address.bytes;
  if (address.version == 4) return fmt::format("{}.{}.{}.{}", bytes[0], bytes[1], bytes[2], bytes[3]);
  char text[INET6_ADDRSTRLEN];
  inet_ntop(AF_INET6, bytes.data(), text, sizeof text);
  return text;
}

bool AddressBlock::contains(const IpAddress& other) const noexcept {
  if (other.version != address.version) return false;
  const unsigned whole_bytes = bits / 8, rest = bits % 8;
  if (!std::equal(address.bytes.begin(), address.bytes.begin() + whole_bytes, other.bytes.begin()))
    return false;
  return rest == 0 || (address.bytes[whole_bytes] ^ other.bytes[whole_bytes]) >> (8 - rest) == 0;
}

std::optional<AddressBlock> parse_address_block(std::string_view text) noexcept {
  const std::size_t slash = text.find('/');
  const auto address = parse_address(text.substr(0, slash));
  if (!address) return std::nullopt;
  const unsigned all = address->version == 4 ? 32 : 128;
  if (slash == std::string_view::npos) return AddressBlock{*address, all};
  unsigned bits = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data() + slash + 1, last, bits);
  if (error != std::errc{} || end != last || bits > all) return std::nullopt;
  return AddressBlock{*address, bits};
}

std::optional<MacAddress> parse_mac(std::string_view text) noexcept {
  MacAddress address;
  constexpr std::size_t length = 17;
  if (text.size() != length) return std::nullopt;
  for (std::size_t i = 0; i < address.bytes.size(); ++i) {
    const char* const at = text.data() + 3 * i;
    if (i > 0 && at[-1] != ':') return std::nullopt;
    const auto [end, error] = std::from_chars(at, at + 2, address.bytes[i], 16);
    if (error != std::errc{} || end != at + 2) return std::nullopt;
  }
  return address;
}

std::string to_string(const MacAddress& address) {
  return fmt::format("{:02x}", fmt::join(address.bytes, ":"));
}

namespace {

std::uint64_t mix_bytes(std::uint64_t hash, const IpAddress& address, std::uint64_t rest) noexcept {
  std::uint64_t words[2];
  std::memcpy(words, address.bytes.data(), sizeof words);
  return mix(mix(mix(hash, words[0]), words[1]), rest);
}

}  // namespace

std::uint64_t mix(std::uint64_t hash, const IpAddress& address) noexcept {
  return mix_bytes(hash, address, address.version);
}

std::uint64_t mix(std::uint64_t hash, const Endpoint& endpoint) noexcept {
  return mix_bytes(hash, endpoint.address, std::uint64_t{endpoint.address.version} << 16 | endpoint.port);
}

}  // namespace flowmeter
