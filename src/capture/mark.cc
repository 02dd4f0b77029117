#include "capture/mark.h"

#include <algorithm>
#include <array>

#include "capture/bytes.h"

namespace flowmeter {
namespace {

using namespace std::string_view_literals;

// Micro- and nanoseconds, both byte orders, and the variants that libpcap's relatives wrote.
constexpr std::array pcap_magics = {"\xa1\xb2\xc3\xd4"sv, "\xd4\xc3\xb2\xa1"sv, "\xa1\xb2\x3c\x4d"sv,
                                    "\x4d\x3c\xb2\xa1"sv, "\xa1\xb2\xcd\x34"sv, "\x34\xcd\xb2\xa1"sv,
                                    "\x1c\0\1\xac"sv,     "\xac\1\0\x1c"sv,     "\x1c\0\1\xab"sv,
                                    "\xab\1\0\x1c"sv};
constexpr std::size_t pcap_header = 24;

// The first block, whose type reads the same in both byte orders; they are told apart by another number.
constexpr std::string_view pcapng_type = "\x0a\x0d\x0d\x0a"sv;
constexpr std::string_view big_order = "\x1a\x2b\x3c\x4d"sv, little_order = "\x4d\x3c\x2b\x1a"sv;
constexpr std::size_t size_at = 4, order_at = 8;
constexpr std::size_t least_pcapng_header = 28;

constexpr std::array other_marks = {
    "TRSNIFF data    \x1a"sv,            // Sniffer (DOS)
    "snoop\0\0\0"sv,                     // snoop, Shomiti Surveyor
    "iptrace 1.0"sv,                     // AIX
    "iptrace 2.0"sv,                     //
    "RTSS"sv,                            // Microsoft Network Monitor 1
    "GMBU"sv,                            // and 2
    "VL\0\0"sv,                          // NetXRay
    "XCP\0"sv,                           // NetXRay, Sniffer (Windows)
    "\x42\xd2\0\x34\x12\x66\x22\x88"sv,  // RADCOM
    "\0\0\0\1\0\0\0\0\0\7\xd0\0"sv,      // HP-UX 9 nettl
    "TR\0\x64\0\0\0\0\0\0\0\x80"sv,      // HP-UX 10 nettl
    "\5VNF"sv,                           // Visual Networks
    "\xaa\xaa\xaa\xaa"sv,                // InfoVista 5View
    "ObserverPktBuffer"sv,               // Viavi Observer
    "\177ver"sv,                         // Savvius (Peek) tagged
    "cpse"sv,                            // Colasoft Capsa
    "\0\0\2\0\x12\5\0\x10"sv,            // Tektronix K12xx
    "V0208"sv,                           // Aethra
    "btsnoop\0"sv,                       // Symbian, Android
    "EyeSDN"sv,                          //
    "LOGG"sv,                            // Vector BLF
};

/// A header of that size. (One with long comments is taken for whole.)
CaptureMark known(std::string_view head, bool at_end, std::size_t size) {
  constexpr std::size_t looked_at = 4096;
  if (head.size() >= std::min(size, looked_at)) return CaptureMark::known;
  return at_end ? CaptureMark::cut : CaptureMark::unclear;
}

CaptureMark pcapng_mark(std::string_view head, bool at_end) {
  const std::string_view order = head.substr(std::min(head.size(), order_at), big_order.size());
  const bool little = little_order.starts_with(order);
  if (!little && !big_order.starts_with(order)) return CaptureMark::none;
  if (order.size() < big_order.size()) return at_end ? CaptureMark::cut : CaptureMark::unclear;
  const auto size = wire::u32(head, size_at, little ? wire::Order::little : wire::Order::big);
  return known(head, at_end, std::max<std::size_t>(size, least_pcapng_header));
}

constexpr std::size_t netscaler_header = 96;

/// Each version of NetScaler's traces has a header of its own before the words that tell them.
bool is_netscaler(std::string_view head) {
  const std::string_view beginning = head.substr(0, netscaler_header);
  const std::size_t name = std::min(beginning.find("NetScaler"), beginning.find("Netscaler"));
  const std::size_t rest = beginning.find(" Performance Data");
  return name != 0 && name < rest && rest != std::string_view::npos;
}

/// Endace's ERF has no mark, but records that can be followed. (tshark takes a file without any for it, too.)
CaptureMark erf_mark(std::string_view head, bool at_end) {
  constexpr std::size_t header = 16;
  constexpr std::uint8_t last_type = 48;  // padding, which has no time
  constexpr std::uint64_t year = 366 * 86'400;
  std::size_t whole = 0;
  std::uint64_t before = 0;  // seconds
  while (head.size() >= header) {
    const std::uint64_t seconds = wire::u32(head, 4, wire::Order::little);
    const std::uint8_t type = wire::u8(head, 8) & 0x7fU;
    const std::size_t size = wire::be16(head, 10);
    if (type == 0 || type > last_type || size < header) return CaptureMark::none;
    if (type != last_type) {
      const bool goes_on = before == 0 || (seconds + 1 >= before && seconds <= before + year);
      if (!goes_on) return CaptureMark::none;
      before = seconds;
    }
    if (size > head.size()) break;
    ++whole;
    head.remove_prefix(size);
  }
  if (whole > 1 || (whole == 1 && at_end && head.empty())) return CaptureMark::other;
  return at_end ? CaptureMark::none : CaptureMark::unclear;
}

}  // namespace

CaptureMark capture_mark(std::string_view head, bool at_end) noexcept {
  bool unclear = false;
  const auto begins_with = [&](std::string_view mark) {
    unclear |= mark.starts_with(head);
    return head.starts_with(mark);
  };
  if (std::any_of(pcap_magics.begin(), pcap_magics.end(), begins_with))
    return known(head, at_end, pcap_header);
  if (begins_with(pcapng_type)) return pcapng_mark(head, at_end);
  if (std::any_of(other_marks.begin(), other_marks.end(), begins_with)) return CaptureMark::other;
  return unclear && !at_end ? CaptureMark::unclear : CaptureMark::none;
}

CaptureMark late_capture_mark(std::string_view head, bool at_end) noexcept {
  if (is_netscaler(head)) return CaptureMark::other;
  if (head.size() < netscaler_header && !at_end) return CaptureMark::unclear;
  return erf_mark(head, at_end);
}

}  // namespace flowmeter
