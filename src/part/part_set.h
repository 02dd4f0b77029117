#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "part/part_format.h"
#include "part/part_reader.h"

namespace flowmeter {

/// One of the parts that are to be merged.
struct PartFile {
  std::string path;  ///< "-" is standard input
  PartHeader header;
  std::unique_ptr<PartReader> reader{};  ///< open already, since it cannot be opened twice; or null

  /// For messages.
  [[nodiscard]] std::string name() const { return path == "-" ? "standard input" : path; }
};

/// Reads the header of a part. Throws UsageError, which names it, for what is not a part.
[[nodiscard]] PartFile open_part(const std::string& path);

/// Sorts parts, of which there is one at least: by their segments, if they were made with --segment, or else
/// by the times of their first frames. Throws UsageError for parts that do not belong together: other
/// settings, other columns, the same capture twice, segments that overlap or are missing. `complete`: also
/// segments before the first part and after the last one must be there.
void put_in_order(std::vector<PartFile>& parts, bool complete);

/// The header of the part that these make together; they are in their order.
[[nodiscard]] PartHeader joint_header(const std::vector<PartFile>& parts);

/// What the trailers of parts that follow each other add up to.
class PartTotals {
 public:
  /// Adds that of the next part. Throws InputError for the same frames as in an earlier part.
  void add(const std::string& name, const PartTrailer& trailer);

  /// Whether the capture of a part is damaged.
  [[nodiscard]] bool damaged() const noexcept { return all_.damaged; }

  /// Frames that may have announced media of which the parts after theirs know nothing.
  [[nodiscard]] std::uint64_t unheard_announcements() const noexcept {
    return all_.announcements - last_announcements_;
  }

  /// The trailer of all, but for its clock and its number of flows.
  [[nodiscard]] PartTrailer trailer() const noexcept;

 private:
  PartTrailer all_;
  FrameDigest digest_;
  std::uint64_t last_announcements_ = 0;
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::string> names_;  // by frames and their digest
};

}  // namespace flowmeter
