#include "source/capture_counts.h"

#include <charconv>
#include <optional>

namespace flowmeter {
namespace {

constexpr std::string_view beginning = "Packets received/dropped on interface '";

/// Takes a number off the front, behind everything before the next digit.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  const std::size_t digit = text.find_first_of("0123456789");
  if (digit == std::string_view::npos) return std::nullopt;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data() + digit, text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

}  // namespace

// 'eth0': 6/2 (pcap:1/dumpcap:1/flushed:0/ps_ifdrop:0) (75.0%)
// The number behind the slash has all that was dropped but for what the interface dropped itself.
std::vector<InterfaceCounts> parse_counts(std::string_view errors) {
  std::vector<InterfaceCounts> all;
  while (true) {
    const std::size_t begin = errors.find(beginning);
    if (begin == std::string_view::npos) return all;
    errors.remove_prefix(begin + beginning.size());
    std::string_view line = errors.substr(0, errors.find('\n'));
    const std::size_t quote = line.find("': ");
    if (quote == std::string_view::npos) continue;
    InterfaceCounts counts{std::string(line.substr(0, quote))};
    line.remove_prefix(quote + 3);
    const auto received = take_number(line), dropped = take_number(line);
    if (!received || !dropped) continue;
    counts.received = *received;
    counts.dropped = *dropped;
    constexpr std::string_view by_interface = "ps_ifdrop:";
    if (const std::size_t at = line.find(by_interface); at != std::string_view::npos) {
      line.remove_prefix(at + by_interface.size());
      counts.dropped += take_number(line).value_or(0);
    }
    all.push_back(std::move(counts));
  }
}

}  // namespace flowmeter
