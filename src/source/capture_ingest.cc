#include "source/capture_ingest.h"

#include <utility>

#include "base/descriptor.h"

namespace flowmeter {
namespace {

constexpr std::size_t piece_bytes = std::size_t{128} << 10;

}  // namespace

CaptureIngest::CaptureIngest(EventLoop& io, int fd, FrameDispatcher& dispatcher, Host host)
    : io_(io),
      fd_(fd),
      dispatcher_(dispatcher),
      host_(std::move(host)),
      decompressor_([&dispatcher](std::string_view plain) { dispatcher.feed(plain); }),
      piece_(piece_bytes) {}

void CaptureIngest::start(std::string_view head) {
  watcher_ = std::make_unique<FdWatcher>(io_, fd_);
  if (!head.empty()) feed(head);
  resume();
}

void CaptureIngest::resume() {
  if (ended_ || waiting_ || !host_.may_read()) return;
  waiting_ = true;
  watcher_->readable([this] {
    host_.guard([this] {
      waiting_ = false;
      read_piece();
      resume();
    });
  });
}

void CaptureIngest::read_piece() {
  if (ended_) return;
  const std::size_t count = read_some(fd_, piece_);
  const std::string_view piece(piece_.data(), count);
  if (host_.read) host_.read(piece);
  if (count == 0) {
    end();
  } else {
    feed(piece);
  }
}

void CaptureIngest::feed(std::string_view piece) {
  if (decompressor_.feed(piece)) {
    host_.dispatched();
  } else {
    end();
  }
}

void CaptureIngest::end() {
  if (ended_) return;
  ended_ = true;
  packing_ = decompressor_.finish();
  dispatcher_.finish();
  host_.ended();
}

void CaptureIngest::stop() {
  ended_ = true;
  watcher_.reset();
}

}  // namespace flowmeter
