#include "part/part_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "base/error.h"
#include "base/report.h"
#include "part/part_settings.h"
#include "version.h"

namespace flowmeter {
namespace {

void refuse_strangers(const std::vector<PartFile>& parts) {
  const PartFile& first = parts.front();
  for (const PartFile& part : parts) {
    const std::string what = difference(part.header.settings, first.header.settings);
    if (!what.empty()) {
      throw UsageError(
          fmt::format("{} cannot be merged with {}: {}", part.name(), first.name(), printable(what)));
    }
    if (part.header.states != first.header.states) {
      throw UsageError(fmt::format("{} cannot be merged with {}: it was made with other columns", part.name(),
                                   first.name()));
    }
    if (part.header.segments.has_value() != first.header.segments.has_value()) {
      const bool has = part.header.segments.has_value();
      throw UsageError(fmt::format("{} was made with --segment, and {} without",
                                   has ? part.name() : first.name(), has ? first.name() : part.name()));
    }
  }
}

/// The same capture in two parts.
void refuse_doubles(const std::vector<PartFile>& parts) {
  std::map<std::string, const PartFile*> seen;
  for (const PartFile& part : parts) {
    for (const std::string& capture : part.header.captures) {
      const auto [known, is_new] = seen.emplace(capture, &part);
      if (is_new) continue;
      throw UsageError(
          fmt::format("{} and {} are both parts of {}", known->second->name(), part.name(), capture));
    }
  }
}

std::string in_words(const PartSegments& segments) {
  if (segments.first == segments.last) return fmt::format("segment {}", segments.first);
  return fmt::format("segments {} to {}", segments.first, segments.last);
}

/// "segment 3 of 7 is missing"
std::string missing(const PartSegments& segments) {
  return fmt::format("{} of {} {} missing", in_words(segments), segments.total,
                     segments.first == segments.last ? "is" : "are");
}

void sort_by_segment(std::vector<PartFile>& parts, bool complete) {
  std::sort(parts.begin(), parts.end(), [](const PartFile& a, const PartFile& b) {
    return std::tie(a.header.segments->first, a.header.segments->last) <
           std::tie(b.header.segments->first, b.header.segments->last);
  });
  const PartFile* before = nullptr;
  for (const PartFile& part : parts) {
    const PartSegments& segments = *part.header.segments;
    if (segments.total != parts.front().header.segments->total) {
      throw UsageError(fmt::format("{} belongs to {} segments, {} to {}", part.name(), segments.total,
                                   parts.front().name(), parts.front().header.segments->total));
    }
    const std::uint64_t expected = before != nullptr ? before->header.segments->last + 1
                                   : complete        ? 1
                                                     : segments.first;
    if (segments.first < expected) {
      throw UsageError(fmt::format("{} and {} overlap: {} and {}", before->name(), part.name(),
                                   in_words(*before->header.segments), in_words(segments)));
    }
    if (segments.first > expected) {
      throw UsageError(missing({expected, segments.first - 1, segments.total}) + " before " + part.name());
    }
    before = &part;
  }
  const PartSegments& last = *before->header.segments;
  if (complete && last.last != last.total) {
    throw UsageError(missing({last.last + 1, last.total, last.total}) + " after " + before->name());
  }
}

void sort_by_time(std::vector<PartFile>& parts) {
  const auto name_of_first = [](const PartFile& part) {
    return part.header.captures.empty() ? std::string() : part.header.captures.front();
  };
  std::sort(parts.begin(), parts.end(), [&](const PartFile& a, const PartFile& b) {
    return std::tuple(a.header.first_ns, name_of_first(a)) < std::tuple(b.header.first_ns, name_of_first(b));
  });
}

}  // namespace

PartFile open_part(const std::string& path) {
  PartFile part{path, {}};
  try {
    auto reader = std::make_unique<PartReader>(path);
    part.header = reader->header();
    if (!reader->regular()) part.reader = std::move(reader);
  } catch (const InputError& error) {
    throw UsageError(fmt::format("{}: {}", part.name(), error.what()));
  }
  return part;
}

void put_in_order(std::vector<PartFile>& parts, bool complete) {
  refuse_strangers(parts);
  refuse_doubles(parts);
  if (parts.front().header.segments) {
    sort_by_segment(parts, complete);
  } else {
    sort_by_time(parts);
  }
}

PartHeader joint_header(const std::vector<PartFile>& parts) {
  PartHeader joint = parts.front().header;
  joint.skipped = 0;
  joint.program = fmt::format("flowmeter {}", version);
  for (auto part = parts.begin() + 1; part != parts.end(); ++part) {
    joint.captures.insert(joint.captures.end(), part->header.captures.begin(), part->header.captures.end());
    if (!joint.first_ns) joint.first_ns = part->header.first_ns;
  }
  if (joint.segments) joint.segments->last = parts.back().header.segments->last;
  return joint;
}

void PartTotals::add(const std::string& name, const PartTrailer& trailer) {
  const auto [known, is_new] = names_.emplace(std::pair(trailer.frames, trailer.digest), name);
  if (!is_new && trailer.frames != 0) {
    throw InputError(fmt::format("holds the same frames as {}", known->second));
  }
  digest_.add(trailer.digest);
  all_.damaged |= trailer.damaged;
  all_.frames += trailer.frames;
  all_.announcements += trailer.announcements;
  last_announcements_ = trailer.announcements;
}

PartTrailer PartTotals::trailer() const noexcept {
  PartTrailer trailer = all_;
  trailer.digest = digest_.value();
  return trailer;
}

}  // namespace flowmeter
