#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "capture/format.h"

namespace flowmeter {

/// What an interface description says that is needed to read its packets.
struct CaptureInterface {
  std::uint32_t link_type = no_link_type;
  std::uint32_t snaplen = 0;                 ///< bytes; 0: no limit
  std::uint32_t max_caplen = 0;              ///< bytes; Wireshark's own limit
  std::uint64_t units_per_second = 1000000;  ///< of the raw time stamps; if_tsresol
  std::int64_t offset_seconds = 0;           ///< added to every time; if_tsoffset
};

/// The pcapng format: any number of sections, each with its byte order and interfaces.
/// Blocks that are frames to Wireshark are frames here: enhanced, simple and obsolete packets,
/// custom blocks, sysdig events, journal entries. A block that Wireshark refuses is damage.
/// Source: wiretap/pcapng.c, 4.0.17; draft-ietf-opsawg-pcapng.
class PcapngFormat final : public CaptureFormat {
 public:
  /// Whether the first four bytes of an input are a section header's block type.
  static bool is_magic(std::string_view four);

  FormatStep step(std::string_view data, bool end, CaptureItem& item) override;

 private:
  FormatStep section(std::string_view data, CaptureItem& item);
  FormatStep block(std::string_view data, CaptureItem& item);
  bool read_block(std::string_view block, std::uint32_t type, CaptureItem& item);
  bool read_interface(std::string_view block, CaptureItem& item);
  bool read_packet(std::string_view block, std::uint32_t interface_id, CaptureItem& item);
  bool read_simple_packet(std::string_view block, CaptureItem& item) const;

  bool started_ = false;
  wire::Order order_ = wire::Order::little;
  std::vector<CaptureInterface> interfaces_;
};

}  // namespace flowmeter
