#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/descriptor.h"
#include "cli/input_context.h"
#include "source/capture_feed.h"

namespace flowmeter {

/// The fragments of datagrams in the capture before an input (--after): the rest of these may be in the
/// input.
struct EarlierFragments {
  Descriptor capture;        ///< has them alone, and is in memory
  std::uint64_t frames = 0;  ///< in it; 0: there are none, and no capture
};

/// Reads them from the file `path`. Throws InputError.
[[nodiscard]] EarlierFragments read_earlier_fragments(const std::string& path);

/// What fills the pipe that is read instead of the input itself: where the input is several files, goes on
/// without an end, or has fragments before it; these outlive the feed. Null: the input itself is read.
/// `damaged` is told of files of a directory that cannot be read.
/// Throws InputError for an input that cannot be read, UsageError for programs that are missing.
[[nodiscard]] std::unique_ptr<CaptureFeed> make_feed(const InputContext& context,
                                                     const EarlierFragments& fragments,
                                                     std::function<void(const std::string& why)> damaged);

}  // namespace flowmeter
