#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "capture/item.h"

namespace flowmeter {

/// What a format made of the bytes at the reading position.
struct FormatStep {
  enum class Kind : std::uint8_t {
    whole,       ///< a record is there, `size` bytes of it
    more,        ///< `size` bytes are needed in all before anything can be said
    damaged,     ///< tshark would refuse the record that begins here
    unsupported  ///< tshark may read it, but not in a way that can be split
  };
  Kind kind;
  std::size_t size = 0;

  static FormatStep whole(std::size_t n) { return {Kind::whole, n}; }
  static FormatStep more(std::size_t n) { return {Kind::more, n}; }
  static FormatStep damaged() { return {Kind::damaged}; }
  static FormatStep unsupported() { return {Kind::unsupported}; }
};

/// Finds record borders in one capture format, by the rules of Wireshark 4.0's readers.
class CaptureFormat {
 public:
  virtual ~CaptureFormat() = default;

  /// Looks at `data`, which begins at a record border, and fills `item` if a record is whole;
  /// called again with more bytes after `more`. `end`: nothing follows `data`.
  virtual FormatStep step(std::string_view data, bool end, CaptureItem& item) = 0;
};

/// Largest captured length that Wireshark accepts for a link type, bytes.
/// Source: wtap_max_snaplen_for_encap in wiretap/pcap-common.c, 4.0.17.
std::uint32_t max_caplen(std::uint32_t link_type);

}  // namespace flowmeter
