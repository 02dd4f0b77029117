#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "capture/item.h"

namespace flowmeter {

/// Keeps what a tshark must be given first if it comes in the middle of a capture.
/// pcap: the file header. pcapng: the newest section's header, interfaces, names and secrets, and
/// the secrets of sections before it, as tshark decrypts with all it has seen.
/// Bounded: one section, but for the secrets; names only up to 1 MiB, as nothing is resolved.
class CapturePreamble {
 public:
  /// Keeps a copy of what is needed of `item`; frames and the like are none of it.
  void remember(const CaptureItem& item);

  /// Appends everything kept, in an order that makes it a valid beginning.
  void append_to(std::string& output) const;

  /// Bytes that append_to() appends.
  [[nodiscard]] std::size_t size() const { return earlier_.size() + newest_.size(); }

 private:
  std::string earlier_;          // section headers with their secrets, of sections gone by
  std::string section_header_;   // of the newest section, alone
  std::string section_secrets_;  // of the newest section
  std::string newest_;           // all of the newest section, or the pcap header
  std::size_t names_size_ = 0;   // bytes of names in newest_
};

}  // namespace flowmeter
