#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "capture/decompress.h"
#include "dialect/sniff.h"

namespace flowmeter {

/// Tells what an input is by its first bytes, inside of gzip, zstd and LZ4 too.
class InputSniffer {
 public:
  /// Takes the next bytes; nothing as long as more are needed.
  std::optional<InputKind> add(std::string_view bytes);

  /// There are no more.
  [[nodiscard]] InputKind finish();

  /// Whether the bytes were compressed.
  [[nodiscard]] bool compressed() const { return unpacker_.compressed(); }

 private:
  [[nodiscard]] std::optional<InputKind> look(bool at_end) const;

  std::string plain_;
  Decompressor unpacker_{[this](std::string_view plain) {
    if (plain_.size() < sniff_bytes) plain_ += plain.substr(0, sniff_bytes - plain_.size());
  }};
  std::size_t taken_ = 0;
};

/// What the file behind the descriptor is from `begin` on, and whether it is compressed.
struct SniffedFile {
  InputKind kind = InputKind::unknown;
  bool compressed = false;
};

/// Leaves the descriptor's place as it is. Throws InputError if it cannot be read.
[[nodiscard]] SniffedFile sniff_file(int fd, std::int64_t begin = 0);

}  // namespace flowmeter
