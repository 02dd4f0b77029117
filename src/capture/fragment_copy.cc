#include "capture/fragment_copy.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "base/error.h"
#include "capture/decompress.h"
#include "capture/reader.h"
#include "capture/routing_key.h"

namespace flowmeter {
namespace {

/// Whether its packet, or that in its tunnels, is part of a datagram.
bool is_fragment(const CaptureItem& frame) {
  if (frame.link_type == no_link_type) return false;
  RoutingKey key = routing_key(frame.link_type, frame.packet);
  for (unsigned depth = 0; depth < most_tunnels && !key.fragment && enter(key); ++depth) {
  }
  return key.fragment;
}

}  // namespace

std::size_t copy_fragments(int fd, const std::function<void(std::string_view)>& out) {
  std::size_t count = 0;
  CaptureReader reader(CaptureOrigin::file);
  const auto copy = [&] {
    for (CaptureItem item; reader.next(item);) {
      if (item.kind == ItemKind::tail) return;
      const bool frame = item.kind == ItemKind::frame;
      if (frame && !is_fragment(item)) continue;
      if (item.kind == ItemKind::ignorable) continue;
      if (frame) ++count;
      out(item.bytes);
    }
  };
  Decompressor decompressor([&](std::string_view plain) {
    reader.put(plain);
    copy();
  });
  std::string piece(std::size_t{128} << 10, '\0');
  while (true) {
    const ssize_t size = read(fd, piece.data(), piece.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) throw InputError(std::strerror(errno), true);
    if (size == 0) break;
    if (!decompressor.feed({piece.data(), static_cast<std::size_t>(size)})) break;
  }
  const PackingEnd end = decompressor.finish();
  reader.finish();
  copy();
  if (end != PackingEnd::whole || reader.state() != ReaderState::ended) {
    throw InputError("cannot be read to its end", true);
  }
  return count;
}

}  // namespace flowmeter
