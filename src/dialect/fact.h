#pragma once

#include <array>
#include <cstdint>

namespace flowmeter {

/// What a header may say of a packet beside its stream, addresses, ports and flags. A run reads those that
/// its columns need.
enum class Fact : std::uint8_t {
  ip_bytes,
  payload_bytes,
  header_bytes,
  sequence,
  acknowledgement,
  window,
  segment_bytes,
  window_shift,
  sack_permitted,
  ttl,
  dscp,
  ip_id,
  ip_flags,
  source_mac,
  destination_mac,
  vlan_id,
};
inline constexpr std::array all_facts = {
    Fact::ip_bytes, Fact::payload_bytes, Fact::header_bytes, Fact::sequence,       Fact::acknowledgement,
    Fact::window,   Fact::segment_bytes, Fact::window_shift, Fact::sack_permitted, Fact::ttl,
    Fact::dscp,     Fact::ip_id,         Fact::ip_flags,     Fact::source_mac,     Fact::destination_mac,
    Fact::vlan_id,
};

}  // namespace flowmeter
