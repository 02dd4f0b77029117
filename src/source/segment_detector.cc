#include "source/segment_detector.h"

#include <algorithm>
#include <functional>

#include "base/parse.h"

namespace flowmeter {
namespace {

constexpr std::array stream_fields = {"tcp.stream", "udp.stream", "sctp.assoc_index", "dccp.stream"};
constexpr const char* address_fields[2][2] = {{"ip.src", "ip.dst"}, {"ipv6.src", "ipv6.dst"}};

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
  const std::optional<Header> header = header_of(record);
  const bool other = begun_ && is_other(number, between, header);
  if (other || !begun_) {
    gaps_ = number != 1U;  // the first frames may be left out
    for (std::vector<Ends>& ends : ends_) ends.clear();
  } else {
    gaps_ |= !number || !last_ || *number != *last_ + 1;
  }
  begun_ = true;
  last_ = number;
  if (header) note(*header);
  return other;
}

bool SegmentDetector::is_other(std::optional<std::uint64_t> number, Between between,
                               const std::optional<Header>& header) const {
  if (number && last_) {
    if (*number <= *last_) return true;
    if (*number == *last_ + 1) return gaps_ && header && contradicts(*header);
  }
  if (between == Between::beginning || between == Between::statistics) return true;
  return header && contradicts(*header);
}

std::optional<SegmentDetector::Header> SegmentDetector::header_of(const Record& record) const {
  Header header{};
  unsigned transports = 0, families = 0;
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    if (streams_[i] == no_field || !record.has(streams_[i])) continue;
    const auto stream = parse_number(record.first(streams_[i]));
    if (++transports > 1 || record.values(streams_[i]).size() > 1 || !stream) return std::nullopt;
    header.transport = i;
    header.stream = *stream;
  }
  for (const auto& family : addresses_) {
    if (family[0] == no_field || !record.has(family[0])) continue;
    if (++families > 1) return std::nullopt;
    for (std::size_t end = 0; end < 2; ++end) {
      if (family[end] == no_field || record.values(family[end]).size() != 1) return std::nullopt;
      header.addresses[end] = std::hash<std::string_view>{}(record.first(family[end]));
    }
  }
  if (transports == 0 || families == 0 || header.stream >= most_streams) return std::nullopt;
  return header;
}

bool SegmentDetector::contradicts(const Header& header) const {
  const std::vector<Ends>& all = ends_[header.transport];
  if (header.stream >= all.size()) return false;
  const Ends& known = all[static_cast<std::size_t>(header.stream)];
  if (known.count == 0 || known.count == Ends::most) return false;
  const auto end = known.addresses.begin() + known.count;
  return std::none_of(std::begin(header.addresses), std::end(header.addresses), [&](std::uint64_t address) {
    return std::find(known.addresses.begin(), end, address) != end;
  });
}

void SegmentDetector::note(const Header& header) {
  std::vector<Ends>& all = ends_[header.transport];
  const auto place = static_cast<std::size_t>(header.stream);
  if (place >= all.size()) all.resize(place + 1);
  Ends& known = all[place];
  for (const std::uint64_t address : header.addresses) {
    const auto end = known.addresses.begin() + known.count;
    if (known.count < Ends::most && std::find(known.addresses.begin(), end, address) == end) {
      known.addresses[known.count++] = address;
    }
  }
}

}  // namespace flowmeter
