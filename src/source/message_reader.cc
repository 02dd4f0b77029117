#include "source/message_reader.h"

#include <utility>

namespace flowmeter {

MessageReader::MessageReader(EventLoop& io, Child& child, std::function<void()> over)
    : child_(child), watcher_(io, child.err().get()), over_(std::move(over)) {
  read();
}

void MessageReader::read() {
  watcher_.readable([this] {
    if (child_.take_errors()) {
      read();
    } else if (const auto over = std::exchange(over_, nullptr)) {
      over();
    }
  });
}

}  // namespace flowmeter
