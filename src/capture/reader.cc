#include "capture/reader.h"

#include <algorithm>

#include "capture/pcapng.h"

namespace flowmeter {

void CaptureReader::put(std::string_view piece) { piece_ = piece; }

bool CaptureReader::next(CaptureItem& item) {
  if (carry_begin_ == carry_.size()) {
    carry_.clear();
    carry_begin_ = 0;
  }
  while (!in_trouble()) {
    const FormatStep step = look(ahead(), item);
    switch (step.kind) {
      case FormatStep::Kind::whole:
        return give(step.size, item);
      case FormatStep::Kind::more:
        if (!gather(step.size)) return run_dry(item);
        break;
      case FormatStep::Kind::damaged:
        fail(ReaderState::damaged);
        break;
      case FormatStep::Kind::unsupported:
        fail(ReaderState::unsupported);
        break;
    }
  }
  return give_tail(item);
}

FormatStep CaptureReader::look(std::string_view data, CaptureItem& item) {
  if (!format_) {
    if (data.size() < 4) return FormatStep::more(4);
    if (PcapngFormat::is_magic(data)) {
      format_ = std::make_unique<PcapngFormat>();
    } else if (PcapFormat::is_magic(data)) {
      format_ = std::make_unique<PcapFormat>(origin_);
    } else {
      return FormatStep::unsupported();
    }
  }
  return format_->step(data, end_, item);
}

bool CaptureReader::in_trouble() const {
  return state_ != ReaderState::reading && state_ != ReaderState::ended;
}

void CaptureReader::fail(ReaderState state) {
  state_ = state;
  trouble_offset_ = offset_;
}

/// Nothing more can be said: wait, or see what the end of the input makes of it.
bool CaptureReader::run_dry(CaptureItem& item) {
  if (!end_) return false;
  if (ahead().empty()) {
    state_ = ReaderState::ended;
    return false;
  }
  fail(offset_ == 0 ? ReaderState::unsupported : ReaderState::truncated);
  return give_tail(item);
}

/// The bytes at the reading position that lie side by side.
std::string_view CaptureReader::ahead() const {
  if (carry_begin_ == carry_.size()) return piece_;
  return std::string_view(carry_).substr(carry_begin_);
}

/// Makes ahead() at least `size` long, if the pieces so far are enough. Takes no byte more than
/// asked for, so that the carry ends with the record and the next one is read in place.
bool CaptureReader::gather(std::size_t size) {
  const std::size_t carried = carry_.size() - carry_begin_;
  if (carried == 0) {
    if (piece_.size() >= size) return true;
    carry_.clear();
    carry_begin_ = 0;
  }
  const std::size_t taken = std::min(size - carried, piece_.size());
  carry_.append(piece_.substr(0, taken));
  piece_.remove_prefix(taken);
  return carried + taken == size;
}

bool CaptureReader::give(std::size_t size, CaptureItem& item) {
  item.bytes = ahead().substr(0, size);
  if (carry_begin_ == carry_.size()) {
    piece_.remove_prefix(size);
  } else {
    carry_begin_ += size;
  }
  offset_ += size;
  return true;
}

bool CaptureReader::give_tail(CaptureItem& item) {
  const std::size_t size = ahead().size();
  if (size == 0) return false;
  item = CaptureItem{};
  return give(size, item);
}

}  // namespace flowmeter
