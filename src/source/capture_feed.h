#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "source/capture_counts.h"

namespace flowmeter {

/// What fills a pipe with the bytes of an input that is more than one descriptor. It works in the loop that
/// it was made for, which outlives it.
class CaptureFeed {
 public:
  virtual ~CaptureFeed() = default;

  /// The end to read from; no longer than the feed.
  [[nodiscard]] virtual int fd() const noexcept = 0;

  /// The user ends the run: what there is by now still comes, then the pipe ends.
  virtual void end() = 0;

  /// Why the pipe ended before it should; empty: it did not. Known before the end of the pipe is seen.
  [[nodiscard]] virtual const std::string& failure() const noexcept = 0;

  /// Whether it is at work: what happens from now on will come out of the pipe.
  [[nodiscard]] virtual bool begun() const { return true; }

  /// Frames that are known to be lost while it is at work; none: nothing can be lost.
  [[nodiscard]] virtual std::optional<std::uint64_t> dropped() const { return std::nullopt; }

  /// What the interfaces counted; empty if there are none, or before the end of the pipe.
  [[nodiscard]] virtual std::vector<InterfaceCounts> counts() const { return {}; }
};

}  // namespace flowmeter
