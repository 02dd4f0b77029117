#include "source/segment_detector.h"

#include <algorithm>
#include <functional>

#include "base/parse.h"

namespace flowmeter {
namespace {

constexpr std::array stream_fields = {"tcp.stream", "udp.stream", "sctp.assoc_index", "dccp.stream"};
constexpr const char* address_fields[2][2] = {{"ip.src", "ip.dst"}, {"ipv6.src", "ipv6.dst"}};

/// Where frames are left out (-Y) there is a gap among so many.
constexpr std::uint64_t first_frames = 1000;

constexpr std::uint64_t most_streams = 1U << 14;  // of a transport whose addresses are remembered

}  // namespace

SegmentDetector::SegmentDetector(FieldSet& fields) : number_(fields.add("frame.number")) {
  for (std::size_t i = 0; i < streams_.size(); ++i) streams_[i] = fields.find(stream_fields[i]);
  for (std::size_t family = 0; family < 2; ++family) {
    for (std::size_t end = 0; end < 2; ++end) {
      addresses_[family][end] = fields.find(address_fields[family][end]);
    }
  }
}

bool SegmentDetector::begins_with(const Record& record, Between between) {
  const auto number = parse_number(record.first(number_));
  std::optional<Header> header;
  if (gaps_ || frames_ < first_frames) header = header_of(record);
  const bool other = begun_ && is_other(record, number, between, header);
  if (other || !begun_) {
    gaps_ = number != 1U;  // the first frames may be left out
    frames_ = 0;
    for (std::vector<Ends>& ends : ends_) ends.clear();
  } else {
    gaps_ |= !number || !last_ || *number != *last_ + 1;
  }
  begun_ = true;
  ++frames_;
  last_ = number;
  if (header) note(record, *header);
  return other;
}

bool SegmentDetector::is_other(const Record& record, std::optional<std::uint64_t> number, Between between,
                               const std::optional<Header>& header) const {
  const bool goes_on = number && last_ && *number == *last_ + 1;
  if (goes_on && !gaps_) return false;
  if (number && last_ && *number <= *last_) return true;
  if (!goes_on && (between == Between::beginning || between == Between::statistics)) return true;
  return header && contradicts(record, *header);
}

std::optional<SegmentDetector::Header> SegmentDetector::header_of(const Record& record) const {
  std::optional<Header> header;
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    if (streams_[i] == no_field || !record.has(streams_[i])) continue;
    if (header || record.values(streams_[i]).size() != 1) return std::nullopt;
    const auto stream = parse_number(record.first(streams_[i]));
    if (!stream || *stream >= most_streams) return std::nullopt;
    header = {i, static_cast<std::size_t>(*stream)};
  }
  return header;
}

/// The addresses of a frame that has but one network header.
std::optional<SegmentDetector::Pair> SegmentDetector::addresses_of(const Record& record) const {
  std::optional<Pair> pair;
  for (const auto& family : addresses_) {
    if (family[0] == no_field || !record.has(family[0])) continue;
    if (pair) return std::nullopt;
    pair.emplace();
    for (std::size_t end = 0; end < 2; ++end) {
      if (family[end] == no_field || record.values(family[end]).size() != 1) return std::nullopt;
      (*pair)[end] = std::hash<std::string_view>{}(record.first(family[end]));
    }
  }
  return pair;
}

bool SegmentDetector::contradicts(const Record& record, const Header& header) const {
  const std::vector<Ends>& all = ends_[header.transport];
  if (header.stream >= all.size()) return false;
  const Ends& known = all[header.stream];
  if (known.count == 0 || known.count == Ends::most) return false;
  const auto pair = addresses_of(record);
  if (!pair) return false;
  const auto end = known.addresses.begin() + known.count;
  return std::none_of(pair->begin(), pair->end(), [&](std::uint64_t address) {
    return std::find(known.addresses.begin(), end, address) != end;
  });
}

void SegmentDetector::note(const Record& record, const Header& header) {
  std::vector<Ends>& all = ends_[header.transport];
  if (header.stream >= all.size()) all.resize(header.stream + 1);
  Ends& known = all[header.stream];
  // As long as frame numbers tell everything, the first ends do.
  if (known.count == Ends::most || (known.count != 0 && !gaps_)) return;
  const auto pair = addresses_of(record);
  if (!pair) return;
  for (const std::uint64_t address : *pair) {
    const auto end = known.addresses.begin() + known.count;
    if (known.count < Ends::most && std::find(known.addresses.begin(), end, address) == end) {
      known.addresses[known.count++] = address;
    }
  }
}

}  // namespace flowmeter
