#include "source/input_sniffer.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace flowmeter {
namespace {

/// More than a block of any compressed format; from there on tshark may say what is wrong with it.
constexpr std::size_t most_packed = std::size_t{5} << 20;

}  // namespace

std::optional<InputKind> InputSniffer::add(std::string_view bytes) {
  taken_ += bytes.size();
  if (!unpacker_.feed(bytes)) return finish();
  const auto kind = look(false);
  if (!kind && unpacker_.compressed() && taken_ >= most_packed) return InputKind::capture;
  return kind;
}

InputKind InputSniffer::finish() {
  const PackingEnd end = unpacker_.finish();
  if (end == PackingEnd::cut_short && !look(false)) return InputKind::cut;
  if (!plain_.empty()) return *look(true);
  return end == PackingEnd::damaged ? InputKind::capture : InputKind::empty;
}

std::optional<InputKind> InputSniffer::look(bool at_end) const {
  const auto kind = sniff(plain_, at_end);
  if (!kind || !unpacker_.compressed()) return kind;
  const bool text = !is_capture(*kind) && *kind != InputKind::unknown && *kind != InputKind::empty;
  return text ? InputKind::packed : kind;
}

SniffedFile sniff_file(int fd, std::int64_t begin) {
  InputSniffer sniffer;
  std::string piece(sniff_bytes, '\0');
  while (true) {
    const ssize_t count = pread(fd, piece.data(), piece.size(), begin);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw InputError(std::strerror(errno), true);
    if (count == 0) return {sniffer.finish(), sniffer.compressed()};
    const auto kind = sniffer.add({piece.data(), static_cast<std::size_t>(count)});
    if (kind) return {*kind, sniffer.compressed()};
    begin += count;
  }
}

}  // namespace flowmeter
