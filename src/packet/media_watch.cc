#include "packet/media_watch.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>

#include "base/address.h"

namespace flowmeter {
namespace {

constexpr std::array<std::string_view, 9> announced_fields = {
    "sdp.connection_info.address", "h245.ip4_network",           "h245.ip6_network",
    "skinny.ipAddr.ipv4",          "skinny.ipAddr.ipv6",         "skinny.remoteIpAddr.ipv4",
    "skinny.remoteIpAddr.ipv6",    "skinny.transmitIpAddr.ipv4", "skinny.transmitIpAddr.ipv6",
};

/// 0.0.0.0 and :: announce nothing: a call is on hold, or the signalling's own address counts.
bool is_unspecified(const IpAddress& address) {
  return std::all_of(address.bytes.begin(), address.bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

}  // namespace

MediaWatch::MediaWatch(FieldSet& fields, bool one_column)
    : own_{fields.add("ip.src"), fields.add("ip.dst"), fields.add("ipv6.src"), fields.add("ipv6.dst")} {
  if (one_column) {
    announced_.push_back(fields.add(fmt::format("{}", fmt::join(announced_fields, " || "))));
  } else {
    for (const std::string_view field : announced_fields) announced_.push_back(fields.add(field));
  }
}

void MediaWatch::look(const Record& record) {
  const auto is_own = [&](const IpAddress& address) {
    return std::any_of(own_.begin(), own_.end(), [&](FieldId field) {
      const auto values = record.values(field);
      return std::any_of(values.begin(), values.end(),
                         [&](std::string_view text) { return parse_address(text) == address; });
    });
  };
  const bool elsewhere = std::any_of(announced_.begin(), announced_.end(), [&](FieldId field) {
    const auto values = record.values(field);
    return std::any_of(values.begin(), values.end(), [&](std::string_view text) {
      const auto address = parse_address(text);
      return address && !is_unspecified(*address) && !is_own(*address);
    });
  });
  if (elsewhere) ++frames_;
}

}  // namespace flowmeter
