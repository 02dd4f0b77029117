#include "source/text_reader.h"

#include <algorithm>
#include <span>
#include <utility>

#include "base/descriptor.h"

namespace flowmeter {

TextReader::TextReader(EventLoop& io, int fd, DialectSource& text, FrameSource::Host host,
                       std::function<void()> over)
    : text_(text),
      host_(std::move(host)),
      over_(std::move(over)),
      watcher_(std::make_unique<FdWatcher>(io, fd)) {}

void TextReader::start() {
  if (!watcher_) return;
  watcher_->readable([this] { host_.guard([this] { read_piece(); }); });
}

void TextReader::read_piece() {
  std::span<char> room = text_.room();
  room = room.first(std::min(room.size(), text_.chunk()));
  const std::size_t count = read_some(watcher_->fd(), room);
  if (count == 0) {
    over_();
    return;
  }
  if (host_.bytes_read) host_.bytes_read({room.data(), count});
  text_.commit(count);
  text_.drain();
  host_.progressed();
  if (text_.reached()) {
    over_();
  } else {
    start();
  }
}

}  // namespace flowmeter
