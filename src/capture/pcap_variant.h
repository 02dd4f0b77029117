#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "capture/bytes.h"

namespace flowmeter {

/// Which of the pcap variants that share the standard magic number Wireshark would choose.
struct VariantGuess {
  enum class Kind : std::uint8_t { standard, other, more };
  Kind kind;
  std::size_t needed = 0;  ///< more: bytes of records needed before it can be said
};

/// Looks at the first three records as Wireshark does for a regular file. `records` begins behind
/// the file header; `end`: nothing follows. `snaplen`: of the file header.
/// Source: libpcap_try_variants in wiretap/libpcap.c, 4.0.17.
VariantGuess guess_variant(std::string_view records, bool end, wire::Order order, std::uint32_t snaplen,
                           std::uint32_t max_caplen);

}  // namespace flowmeter
