#include "source/text_source.h"

#include <algorithm>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>

namespace flowmeter {

TextSource::TextSource(EventLoop& io, int fd, Head head, std::unique_ptr<DialectSource> text, Host host)
    : head_(std::move(head)),
      text_(std::move(text)),
      host_(std::move(host)),
      reader_(io, fd, *text_, host_, [this] { finish(); }) {
  if (host_.lacking) text_->on_lack(host_.lacking);
}

void TextSource::start() {
  std::string_view rest = head_.bytes;
  while (!rest.empty()) {
    const std::span<char> room = text_->room();
    const std::size_t count = std::min(room.size(), rest.size());
    std::memcpy(room.data(), rest.data(), count);
    text_->commit(count);
    rest.remove_prefix(count);
  }
  if (!head_.bytes.empty()) {
    text_->drain();
    host_.progressed();
  }
  if (head_.is_all || text_->reached()) {
    finish();
  } else {
    reader_.start();
  }
}

void TextSource::finish() {
  text_->close();
  host_.done();
}

}  // namespace flowmeter
