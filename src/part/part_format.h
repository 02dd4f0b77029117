#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "packet/packet.h"
#include "packet/stream_facts.h"

namespace flowmeter {

/// What the program writes and reads; another version is refused.
inline constexpr int part_version = 3;

/// Which of an archive's segments a part is of, counted from 1; several that follow each other once they were
/// merged.
struct PartSegments {
  std::uint64_t first = 1, last = 1, total = 1;
};

/// How the flows of a part were metered, as names and values; parts are merged only if all of them are alike.
using PartSettings = std::vector<std::pair<std::string, std::string>>;

/// First line of a part.
struct PartHeader {
  std::string program;                ///< "flowmeter 1.2.3"
  std::vector<std::string> captures;  ///< names of the files, in their order
  std::optional<PartSegments> segments;
  std::uint64_t skipped = 0;             ///< by how much the numbers of frames are too large
  std::optional<std::int64_t> first_ns;  ///< time of the first frame; none: there is none
  PartSettings settings;
  std::vector<std::string> states;  ///< AccumulatorSet::names(), in the order in which states are written
};

/// Last line of a part: without it the part is not whole.
struct PartTrailer {
  bool damaged = false;  ///< the capture is damaged or cut short from here on
  std::uint64_t frames = 0;
  std::optional<std::int64_t> clock_ns;  ///< largest frame time
  std::uint64_t parts = 0;               ///< of flows
  std::uint64_t digest = 0;              ///< of the frames' times and lengths, see FrameDigest
  std::uint64_t announcements =
      0;  ///< frames that may have announced media, of which later parts know nothing
};

/// Tells captures apart by what their frames are. The value is written into parts: it is not mixed by
/// base/hash.h, which may change.
class FrameDigest {
 public:
  void add(std::uint64_t word) noexcept {
    state_ = (state_ ^ word) * 0x9e3779b97f4a7c15ULL;
    state_ ^= state_ >> 29;
  }
  [[nodiscard]] std::uint64_t value() const noexcept { return state_; }

 private:
  std::uint64_t state_ = 0x243f6a8885a308d3ULL;
};

/// A header where something begins, or that is mentioned.
struct PartHead {
  Packet header;  ///< key (with the part's own stream number), ends, flags, time, frame, order
  StreamFacts facts;
  std::int64_t clock_ns = 0;  ///< largest frame time so far
};

/// A flow's times at the end of a part of it; as in Flow.
struct PartTimes {
  std::int64_t first_ns = 0, last_ns = 0, previous_ns = 0, touched_ns = 0;
};

/// Times as they stand in a part: by how much they are later than the part's first packet, and back.
[[nodiscard]] PartTimes relative(const PartTimes& times, std::int64_t first_packet_ns) noexcept;
[[nodiscard]] PartTimes absolute(const PartTimes& times, std::int64_t first_packet_ns) noexcept;

// Lines, with their line ends.

[[nodiscard]] std::string to_line(const PartHeader& header);
[[nodiscard]] std::string to_line(const PartTrailer& trailer);

/// Throws InputError, without a place, for other text and for another version.
[[nodiscard]] PartHeader parse_header(std::string_view line);
[[nodiscard]] PartTrailer parse_trailer(std::string_view line);

/// Appends a line `["b",slot,...]`, or `["q",0,...]`, `["m",0,...]`.
void append_head(std::string& out, char kind, std::uint64_t slot, const PartHead& head);

/// What append_head() has written, from the elements behind the kind. Throws InputError for others.
struct SlotAndHead {
  std::uint64_t slot = 0;
  PartHead head;
};
[[nodiscard]] SlotAndHead parse_head(std::span<const std::string_view> elements);

}  // namespace flowmeter
