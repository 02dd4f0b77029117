#pragma once

#include <cstdint>
#include <optional>

#include "capture/decompress.h"
#include "capture/reader.h"

namespace flowmeter {

/// What our own reader sees of the first frame of a capture in a file.
class FirstFrame {
 public:
  /// Reads from where the descriptor stands, no further than needed.
  explicit FirstFrame(int fd);

  /// None: there is no frame, or none with a time.
  [[nodiscard]] std::optional<std::int64_t> time_ns() const noexcept { return time_ns_; }

  /// Whether only tshark can read the capture.
  [[nodiscard]] bool unsupported() const noexcept { return reader_.state() == ReaderState::unsupported; }

  /// Whether it could read that far at all.
  [[nodiscard]] bool understood() const noexcept { return time_ns_ || reader_.state() == ReaderState::ended; }

 private:
  void look();

  bool over_ = false;
  std::optional<std::int64_t> time_ns_;
  CaptureReader reader_{CaptureOrigin::file};
  Decompressor decompressor_{[this](std::string_view plain) {
    if (over_) return;
    reader_.put(plain);
    look();
  }};
};

}  // namespace flowmeter
