#include "capture/format.h"

namespace flowmeter {

std::uint32_t max_caplen(std::uint32_t link_type) {
  constexpr std::uint32_t standard_limit = 262144;
  constexpr std::uint32_t mebibyte = 1024 * 1024;
  switch (link_type) {
    case 186:  // USB, FreeBSD
    case 189:  // USB, Linux
    case 220:  // USB, Linux, padded header
    case 249:  // USBPcap
    case 266:  // USB, Darwin
    case 231:  // D-Bus
      return 128 * mebibyte;
    case 279:  // EBHSCR
      return 8 * mebibyte;
    default:
      return standard_limit;
  }
}

}  // namespace flowmeter
