#include "source/capture_pump.h"

#include <array>
#include <utility>

#include "base/descriptor.h"

namespace flowmeter {
namespace {

// A thousand times as much when decompressed, at the most.
constexpr std::size_t piece_bytes = std::size_t{16} << 10;

}  // namespace

CapturePump::CapturePump(EventLoop& io, int fd, Descriptor to, FrameSource::Host host)
    : fd_(fd),
      host_(std::move(host)),
      watcher_(io, fd),
      writer_(io, [this] { host_.guard([this] { move_on(); }); }) {
  writer_.open(std::move(to));
}

void CapturePump::start(std::string_view head) {
  decompress(head);
  move_on();
}

void CapturePump::stop() {
  watcher_.cancel();
  writer_.close();
}

void CapturePump::decompress(std::string_view bytes) {
  if (!decompressor_.feed(bytes)) packing_ = decompressor_.finish();
}

/// Writes what was read, then reads on. Where tshark has gone or wants no more its exit status will say why.
void CapturePump::move_on() {
  writer_.write();
  if (!writer_.is_open() || writer_.waiting() != 0) return;
  if (packing_ == PackingEnd::damaged) {
    writer_.close();
    return;
  }
  watcher_.readable([this] { host_.guard([this] { read_piece(); }); });
}

void CapturePump::read_piece() {
  if (!writer_.is_open()) return;  // stopped when this was in the loop's queue already
  std::array<char, piece_bytes> piece;
  const std::size_t count = read_some(fd_, piece);
  if (host_.bytes_read) host_.bytes_read({piece.data(), count});
  if (count == 0) {
    packing_ = decompressor_.finish();
    writer_.close();
    return;
  }
  decompress({piece.data(), count});
  move_on();
}

}  // namespace flowmeter
