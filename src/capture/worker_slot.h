#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "capture/flush_frame.h"
#include "capture/fragments.h"
#include "capture/item.h"
#include "capture/preamble.h"

namespace flowmeter {

/// The place of a worker, which tsharks hold one after the other, a generation each: what the present one is
/// still to be given, and how much it was given.
class WorkerSlot {
 public:
  /// What waits to be written to the present tshark. Whoever writes it drains it.
  [[nodiscard]] std::string& output() noexcept { return output_; }

  /// Frames that the present generation was given, flush frames and context included.
  [[nodiscard]] std::uint64_t given() const noexcept { return given_; }
  /// Of them those of the input.
  [[nodiscard]] std::uint64_t frames() const noexcept { return frames_; }
  /// How often the slot has been given to a fresh tshark.
  [[nodiscard]] std::uint32_t generation() const noexcept { return generation_; }

  /// Adds a frame of the input, in its record.
  void add_frame(std::string_view record) {
    output_ += record;
    ++given_;
    ++frames_;
  }

  void add_flush_frames(const FlushFrame& frame, std::size_t count);

  /// Adds what is not a frame.
  void add_block(const CaptureItem& item);

  /// Adds bytes that cannot be split into frames.
  void add_rest(std::string_view bytes) { output_ += bytes; }

  /// Replaces a beginning without a frame by the preamble alone, if it has become much longer than that and
  /// nothing of it was drained.
  void shorten_beginning(const CapturePreamble& preamble);

  /// Keeps a copy of a fragment of this section, as context for the generations that follow.
  void keep_fragment(std::string_view record, std::uint64_t pair, std::uint32_t datagram) {
    fragments_.keep(record, pair, datagram);
  }

  /// Adds the fragments of a pair of addresses that another slot has kept, as context.
  void add_fragments_of(const WorkerSlot& other, std::uint64_t pair);

  /// A fresh tshark gets the slot: begins its output with the preamble and with context.
  void begin_generation(const CapturePreamble& preamble);

 private:
  std::string output_;
  std::uint64_t given_ = 0;
  std::uint64_t frames_ = 0;
  std::size_t beginning_ = 0;  // bytes put in output_ while nothing was given
  std::uint32_t generation_ = 0;
  Fragments fragments_;  // of all generations, in this section
};

}  // namespace flowmeter
