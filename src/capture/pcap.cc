#include "capture/pcap.h"

#include "capture/pcap_variant.h"

namespace flowmeter {
namespace {

constexpr std::size_t file_header_size = 24;
constexpr std::size_t record_header_size = 16;
constexpr std::uint32_t microseconds_magic = 0xA1B2C3D4;
constexpr std::uint32_t nanoseconds_magic = 0xA1B23C4D;

/// Relatives that Wireshark reads, each in a way of its own.
constexpr bool is_relative(std::uint32_t magic) {
  return magic == 0xA1B2CD34      // modified by A. Kuznetzov
         || magic == 0x1C0001AC   // Ixia, hardware
         || magic == 0x1C0001AB;  // Ixia, software
}

constexpr bool is_standard(std::uint32_t magic) {
  return magic == microseconds_magic || magic == nanoseconds_magic;
}

}  // namespace

bool PcapFormat::is_magic(std::string_view four) {
  const std::uint32_t little = wire::u32(four, 0, wire::Order::little);
  const std::uint32_t big = wire::u32(four, 0, wire::Order::big);
  return is_standard(little) || is_standard(big) || is_relative(little) || is_relative(big);
}

FormatStep PcapFormat::step(std::string_view data, bool end, CaptureItem& item) {
  if (!started_) return start(data, end, item);
  if (data.size() < record_header_size) return FormatStep::more(record_header_size);
  const std::uint32_t caplen = wire::u32(data, 8, order_);
  if (caplen > max_caplen_) return FormatStep::damaged();
  const std::size_t size = record_header_size + caplen;
  if (data.size() < size) return FormatStep::more(size);
  item.kind = ItemKind::frame;
  item.order = order_;
  item.link_type = link_type_;
  item.interface_id = 0;
  item.caplen = caplen;
  item.orig_len = wire::u32(data, 12, order_);
  item.time_offset = 0;
  item.packet = data.substr(record_header_size, caplen);
  const std::chrono::seconds second(wire::u32(data, 0, order_));
  const std::chrono::nanoseconds fraction(std::int64_t{wire::u32(data, 4, order_)} * nanoseconds_per_unit_);
  item.time = second + fraction;
  item.time_is_sure = fraction < std::chrono::seconds(1);  // fractions of more than a second occur
  return FormatStep::whole(size);
}

FormatStep PcapFormat::start(std::string_view data, bool end, CaptureItem& item) {
  if (data.size() < file_header_size) return FormatStep::more(file_header_size);
  order_ = is_standard(wire::u32(data, 0, wire::Order::big)) ? wire::Order::big : wire::Order::little;
  const std::uint32_t magic = wire::u32(data, 0, order_);
  const std::uint16_t major = wire::u16(data, 4, order_);
  const std::uint16_t minor = wire::u16(data, 6, order_);
  const std::uint32_t network = wire::u32(data, 20, order_);
  constexpr std::uint32_t reserved_bits = 0x03FF0000;
  // Before 2.4, and in DG/UX's 543.0, the two lengths of a record are or may be swapped.
  const bool old = major < 2 || (major == 2 && minor < 4) || major == 543;
  if (!is_standard(magic) || old || (network & reserved_bits) != 0) return FormatStep::unsupported();
  link_type_ = network & 0xFFFF;
  max_caplen_ = max_caplen(link_type_);
  if (origin_ == CaptureOrigin::file && magic == microseconds_magic) {
    const VariantGuess guess =
        guess_variant(data.substr(file_header_size), end, order_, wire::u32(data, 16, order_), max_caplen_);
    if (guess.kind == VariantGuess::Kind::other) return FormatStep::unsupported();
    if (guess.kind == VariantGuess::Kind::more) return FormatStep::more(file_header_size + guess.needed);
  }
  nanoseconds_per_unit_ = magic == nanoseconds_magic ? 1 : 1000;
  started_ = true;
  item = CaptureItem{};
  item.kind = ItemKind::header;
  item.order = order_;
  item.link_type = link_type_;
  return FormatStep::whole(file_header_size);
}

}  // namespace flowmeter
