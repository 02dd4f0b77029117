#include "capture/clock.h"

#include <array>
#include <fstream>

#include "capture/decompress.h"
#include "capture/reader.h"
#include "capture/unpack.h"

namespace flowmeter {

ClockKind clock_of(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::array<char, 16384> piece{};
  CaptureReader reader(CaptureOrigin::file);
  bool odd = false, over = false;
  Decompressor decompressor([&](std::string_view plain) {
    if (over) return;
    reader.put(plain);
    for (CaptureItem item; !over && reader.next(item);) {
      odd |= item.odd_clock;
      over = item.kind == ItemKind::frame || item.kind == ItemKind::tail;
    }
  });
  bool packed = false, first = true;
  while (!over) {
    in.read(piece.data(), piece.size());
    const std::string_view text(piece.data(), static_cast<std::size_t>(in.gcount()));
    if (text.empty()) break;
    if (first) packed = detect_packing(text, false) != Packing::none;
    first = false;
    if (!decompressor.feed(text)) break;
  }
  if (!odd) return ClockKind::plain;
  return packed ? ClockKind::packed : ClockKind::odd;
}

}  // namespace flowmeter
