#pragma once

#include <cstdint>
#include <string_view>

#include "item.h"

namespace flowmeter {

/// Block types of pcapng. Source: wiretap/pcapng_module.h, 4.0.17.
inline constexpr std::uint32_t kSectionHeader = 0x0A0D0D0A;
inline constexpr std::uint32_t kInterface = 1;
inline constexpr std::uint32_t kPacket = 2;  ///< obsolete
inline constexpr std::uint32_t kSimplePacket = 3;
inline constexpr std::uint32_t kNameResolution = 4;
inline constexpr std::uint32_t kInterfaceStatistics = 5;
inline constexpr std::uint32_t kEnhancedPacket = 6;
inline constexpr std::uint32_t kJournalEntry = 9;
inline constexpr std::uint32_t kDecryptionSecrets = 10;
inline constexpr std::uint32_t kSysdigEvent = 0x204;
inline constexpr std::uint32_t kSysdigEventV2 = 0x216;
inline constexpr std::uint32_t kSysdigEventV2Large = 0x221;
inline constexpr std::uint32_t kCustom = 0x00000BAD;
inline constexpr std::uint32_t kCustomNoCopy = 0x40000BAD;

/// The fewest bytes that Wireshark accepts for a whole block of this type.
std::uint32_t minimum_block(std::uint32_t type);

/// Fills `item` from a block that is neither a section header, an interface nor a packet.
/// False: Wireshark refuses the block.
bool read_other_block(std::string_view block, std::uint32_t type, wire::Order order,
                      CaptureItem& item);

}  // namespace flowmeter
