#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace flowmeter {

/// Transport protocols that flows are kept for. The values are IANA protocol numbers.
enum class Transport : std::uint8_t { icmp = 1, tcp = 6, udp = 17, dccp = 33, icmpv6 = 58, sctp = 132 };

/// All of them; place_of() is the place in this list.
inline constexpr std::array all_transports = {Transport::tcp,  Transport::udp,  Transport::sctp,
                                              Transport::dccp, Transport::icmp, Transport::icmpv6};
inline constexpr std::size_t transport_count = all_transports.size();

/// A dense number, for arrays by transport.
[[nodiscard]] constexpr std::size_t place_of(Transport transport) noexcept {
  switch (transport) {
    case Transport::tcp:
      return 0;
    case Transport::udp:
      return 1;
    case Transport::sctp:
      return 2;
    case Transport::dccp:
      return 3;
    case Transport::icmp:
      return 4;
    case Transport::icmpv6:
      return 5;
  }
  return 0;
}

/// Some of the transports.
class TransportSet {
 public:
  constexpr TransportSet(std::initializer_list<Transport> members) noexcept {
    for (const Transport transport : members) add(transport);
  }
  constexpr void add(Transport transport) noexcept {
    bits_ = static_cast<std::uint8_t>(bits_ | 1U << place_of(transport));
  }
  [[nodiscard]] constexpr bool has(Transport transport) const noexcept {
    return (bits_ >> place_of(transport) & 1U) != 0;
  }
  friend constexpr bool operator==(const TransportSet&, const TransportSet&) = default;

 private:
  std::uint8_t bits_ = 0;
};

/// What flows are kept for unless a run asks for others.
inline constexpr TransportSet tcp_and_udp{Transport::tcp, Transport::udp};

/// The index of an SCTP association that tshark gives where it does not number them, which it must be told
/// to.
inline constexpr std::uint64_t no_association = 0xffff;

/// As the column `protocol` prints it.
[[nodiscard]] constexpr std::string_view name_of(Transport transport) noexcept {
  constexpr std::array<std::string_view, transport_count> names = {"TCP",  "UDP",  "SCTP",
                                                                   "DCCP", "ICMP", "ICMPv6"};
  return names[place_of(transport)];
}

}  // namespace flowmeter
