#include "capture/first_frame.h"

#include <unistd.h>

#include <string>

namespace flowmeter {

FirstFrame::FirstFrame(int fd) {
  std::string piece(std::size_t{64} << 10, '\0');
  while (!over_) {
    const ssize_t count = read(fd, piece.data(), piece.size());
    if (count <= 0) break;
    if (!decompressor_.feed({piece.data(), static_cast<std::size_t>(count)})) break;
  }
  if (over_) return;
  decompressor_.finish();
  reader_.finish();
  look();
}

void FirstFrame::look() {
  CaptureItem item;
  while (!over_ && reader_.next(item)) {
    if (item.kind == ItemKind::frame && item.time) time_ns_ = item.time->count();
    over_ = time_ns_.has_value() || item.kind == ItemKind::tail;
  }
}

}  // namespace flowmeter
