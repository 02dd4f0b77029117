#pragma once

#include <string>
#include <string_view>

#include "base/descriptor.h"
#include "capture/decompress.h"
#include "source/fd_watcher.h"
#include "source/frame_source.h"
#include "source/pipe_writer.h"

namespace flowmeter {

/// Moves the bytes of a capture, decompressed, to a tshark's input, as fast as that takes them.
class CapturePump {
 public:
  /// `fd`, the input's, outlives the pump. Of `host` guard and bytes_read are called.
  CapturePump(EventLoop& io, int fd, Descriptor to, FrameSource::Host host);

  /// Begins with `head`, bytes of the input that were read before.
  void start(std::string_view head);

  /// Moves no more, and closes tshark's input.
  void stop();

  /// Whether tshark has not read all that was read of the input.
  [[nodiscard]] bool has_bytes_in_flight() const noexcept {
    return writer_.waiting() != 0 || writer_.has_unread();
  }

  /// How the compressed data ended, as far as they were read, and what is wrong with them.
  [[nodiscard]] PackingEnd packing() const noexcept { return packing_; }
  [[nodiscard]] const std::string& problem() const { return decompressor_.problem(); }

 private:
  void decompress(std::string_view bytes);
  void move_on();
  void read_piece();

  const int fd_;
  const FrameSource::Host host_;
  FdWatcher watcher_;
  PipeWriter writer_;
  Decompressor decompressor_{[this](std::string_view plain) { writer_.add(plain); }};
  PackingEnd packing_ = PackingEnd::whole;
};

}  // namespace flowmeter
