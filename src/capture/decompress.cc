#include "capture/decompress.h"

#include <algorithm>
#include <utility>

#include "capture/unpack.h"

namespace flowmeter {
namespace {

constexpr std::size_t room_size = 256 * 1024;
constexpr std::size_t longest_magic = 4;

}  // namespace

Decompressor::Decompressor(Sink sink) : sink_(std::move(sink)) {}

Decompressor::~Decompressor() = default;

bool Decompressor::feed(std::string_view piece) {
  while (!piece.empty() && mode_ != Mode::damaged) {
    switch (mode_) {
      case Mode::detecting: {
        const std::size_t taken = std::min(longest_magic - held_.size(), piece.size());
        held_.append(piece.substr(0, taken));
        piece.remove_prefix(taken);
        detect(false);
        break;
      }
      case Mode::packed:
        unpack(piece);
        break;
      case Mode::plain:
        pass(piece);
        break;
      case Mode::padding:
        pad(piece);
        break;
      case Mode::damaged:
        break;
    }
  }
  return mode_ != Mode::damaged;
}

PackingEnd Decompressor::finish() {
  if (mode_ == Mode::detecting && !held_.empty()) detect(true);
  if (mode_ == Mode::damaged) return PackingEnd::damaged;
  return mode_ == Mode::packed ? PackingEnd::cut_short : PackingEnd::whole;
}

/// Decides by the bytes held back, and sends them the way of the rest.
bool Decompressor::detect(bool end) {
  const Packing packing = detect_packing(held_, end);
  if (packing == Packing::unclear) return false;
  const std::string head = std::exchange(held_, {});
  std::string_view rest = head;
  if (packing == Packing::none) {
    if (compressed_ && rest.front() == '\0') {
      mode_ = Mode::padding;
      pad(rest);
    } else {
      mode_ = Mode::plain;
      pass(rest);
    }
    return true;
  }
  compressed_ = true;
  mode_ = Mode::packed;
  unpacker_ = make_unpacker(packing);
  unpack(rest);
  return true;
}

void Decompressor::unpack(std::string_view& piece) {
  if (!plain_) plain_ = std::make_unique<char[]>(room_size);
  bool full = true;  // a full buffer may have left more inside the library
  while (mode_ == Mode::packed && (!piece.empty() || full)) {
    const Unpacked got = unpacker_->unpack(piece, plain_.get(), room_size);
    piece.remove_prefix(got.consumed);
    if (got.produced != 0) sink_({plain_.get(), got.produced});
    full = got.produced == room_size;
    if (got.state == Unpacked::State::damaged) {
      problem_ = unpacker_->problem();
      mode_ = Mode::damaged;
    } else if (got.state == Unpacked::State::done) {
      mode_ = Mode::detecting;
    }
  }
}

/// Holds zeros back until it is clear that they do not end the input: then they were plain.
void Decompressor::pad(std::string_view& piece) {
  const std::size_t count = std::min(piece.find_first_not_of('\0'), piece.size());
  zeros_ += count;
  piece.remove_prefix(count);
  if (piece.empty()) return;
  mode_ = Mode::plain;
  const std::string some(static_cast<std::size_t>(std::min<std::uint64_t>(zeros_, room_size)), '\0');
  for (; zeros_ != 0; zeros_ -= std::min<std::uint64_t>(zeros_, some.size())) {
    sink_(std::string_view(some).substr(
        0, static_cast<std::size_t>(std::min<std::uint64_t>(zeros_, some.size()))));
  }
  pass(piece);
}

void Decompressor::pass(std::string_view& piece) { sink_(std::exchange(piece, {})); }

}  // namespace flowmeter
