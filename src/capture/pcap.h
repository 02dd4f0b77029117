#pragma once

#include <cstdint>
#include <string_view>

#include "capture/format.h"

namespace flowmeter {

/// Whether the bytes come from something in which tshark could go back.
enum class CaptureOrigin : std::uint8_t {
  file,  ///< a regular file: tshark guesses pcap variants by the first three records
  pipe   ///< a pipe: tshark takes the magic number at its word, and so the first record at once
};

/// The pcap format: microseconds or nanoseconds, either byte order, version 2.4 or later.
/// Its odd relatives (modified, Nokia, AIX, Ixia, before 2.4) are `unsupported`.
/// Source: wiretap/libpcap.c, 4.0.17; draft-ietf-opsawg-pcap.
class PcapFormat final : public CaptureFormat {
 public:
  explicit PcapFormat(CaptureOrigin origin) : origin_(origin) {}

  /// Whether the first four bytes of an input are a magic number of pcap or of a relative.
  static bool is_magic(std::string_view four);

  FormatStep step(std::string_view data, bool end, CaptureItem& item) override;

 private:
  FormatStep start(std::string_view data, bool end, CaptureItem& item);

  CaptureOrigin origin_;
  bool started_ = false;
  wire::Order order_ = wire::Order::little;
  std::uint32_t nanoseconds_per_unit_ = 1000;
  std::uint32_t link_type_ = 0;
  std::uint32_t max_caplen_ = 0;
};

}  // namespace flowmeter
