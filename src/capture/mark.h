#pragma once

#include <cstdint>
#include <string_view>

namespace flowmeter {

/// What the first bytes of a file say about captures.
enum class CaptureMark : std::uint8_t {
  none,     ///< it is none, as far as one can see
  unclear,  ///< more bytes are needed
  known,    ///< pcap or pcapng
  cut,      ///< one of these that ends in its header
  other,    ///< another format with a mark of its own, which only tshark can read
};

/// Looks at the magic numbers of the formats that tshark reads frames of networks from. What it merely
/// guesses (it takes any text for one format, and a picture for another) has none.
/// `at_end`: there is nothing after `head`.
/// Source: open_info_base in wiretap/file_access.c, Wireshark 3.4 to 4.6.
[[nodiscard]] CaptureMark capture_mark(std::string_view head, bool at_end) noexcept;

/// The same for formats that are told by what stands later, NetScaler's and Endace's ERF: `other`, `unclear`
/// as long as it may be one of them (which text may be at its beginning), or `none`.
/// Source: nstrace_open() in wiretap/netscaler.c, erf_open() in wiretap/erf.c.
[[nodiscard]] CaptureMark late_capture_mark(std::string_view head, bool at_end) noexcept;

}  // namespace flowmeter
