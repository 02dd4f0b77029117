#include "capture/preamble.h"

namespace flowmeter {

void CapturePreamble::remember(const CaptureItem& item) {
  constexpr std::size_t max_names_size = 1024 * 1024;
  switch (item.kind) {
    case ItemKind::section:
      if (!section_secrets_.empty()) earlier_ += section_header_ + section_secrets_;
      section_header_ = item.bytes;
      section_secrets_.clear();
      newest_ = item.bytes;
      names_size_ = 0;
      break;
    case ItemKind::names:
      if (names_size_ + item.bytes.size() > max_names_size) break;
      names_size_ += item.bytes.size();
      newest_ += item.bytes;
      break;
    case ItemKind::secrets:
      section_secrets_ += item.bytes;
      newest_ += item.bytes;
      break;
    case ItemKind::header:
    case ItemKind::interface:
      newest_ += item.bytes;
      break;
    case ItemKind::ignorable:
    case ItemKind::frame:
    case ItemKind::tail:
      break;
  }
}

void CapturePreamble::append_to(std::string& output) const {
  output += earlier_;
  output += newest_;
}

}  // namespace flowmeter
