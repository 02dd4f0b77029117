#pragma once

#include <cstdint>
#include <string_view>

#include "capture/item.h"

namespace flowmeter {

/// Block types of pcapng. Source: wiretap/pcapng_module.h, 4.0.17.
inline constexpr std::uint32_t section_header_block = 0x0A0D0D0A;
inline constexpr std::uint32_t interface_block = 1;
inline constexpr std::uint32_t packet_block = 2;  ///< obsolete
inline constexpr std::uint32_t simple_packet_block = 3;
inline constexpr std::uint32_t name_resolution_block = 4;
inline constexpr std::uint32_t interface_statistics_block = 5;
inline constexpr std::uint32_t enhanced_packet_block = 6;
inline constexpr std::uint32_t journal_entry_block = 9;
inline constexpr std::uint32_t decryption_secrets_block = 10;
inline constexpr std::uint32_t sysdig_event_block = 0x204;
inline constexpr std::uint32_t sysdig_event_v2_block = 0x216;
inline constexpr std::uint32_t sysdig_event_v2_large_block = 0x221;
inline constexpr std::uint32_t custom_block = 0x00000BAD;
inline constexpr std::uint32_t custom_no_copy_block = 0x40000BAD;

/// The fewest bytes that Wireshark accepts for a whole block of this type.
std::uint32_t minimum_block(std::uint32_t type);

/// Fills `item` from a block that is neither a section header, an interface nor a packet.
/// False: Wireshark refuses the block.
bool read_other_block(std::string_view block, std::uint32_t type, wire::Order order, CaptureItem& item);

}  // namespace flowmeter
