#include "capture/worker_slot.h"

namespace flowmeter {

void WorkerSlot::add_flush_frames(const FlushFrame& frame, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) frame.append_to(output_);
  given_ += count;
}

void WorkerSlot::add_block(const CaptureItem& item) {
  // Interfaces go by their position in a section, so they are others in the next one.
  const bool numbered_anew = item.kind == ItemKind::section || item.kind == ItemKind::header;
  if (numbered_anew) fragments_.clear();
  output_ += item.bytes;
  if (given_ == 0) beginning_ += item.bytes.size();
}

void WorkerSlot::shorten_beginning(const CapturePreamble& preamble) {
  constexpr std::size_t worth_it = 65536;
  const bool untouched = given_ == 0 && output_.size() == beginning_;
  if (!untouched || beginning_ <= 2 * preamble.size() + worth_it) return;
  output_.clear();
  preamble.append_to(output_);
  beginning_ = output_.size();
}

void WorkerSlot::add_fragments_of(const WorkerSlot& other, std::uint64_t pair) {
  const Fragments& fragments = other.fragments_;
  for (std::size_t i = 0; i != fragments.size(); ++i) {
    if (fragments.pair(i) != pair) continue;
    output_ += fragments.record(i);
    fragments_.keep(fragments.record(i), pair, fragments.datagram(i));
    ++given_;
  }
}

void WorkerSlot::begin_generation(const CapturePreamble& preamble) {
  output_.clear();
  preamble.append_to(output_);
  beginning_ = output_.size();
  for (std::size_t i = 0; i != fragments_.size(); ++i) output_ += fragments_.record(i);
  given_ = fragments_.size();
  frames_ = 0;
  ++generation_;
}

}  // namespace flowmeter
