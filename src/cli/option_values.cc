#include "cli/option_values.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <vector>

#include "base/error.h"

namespace flowmeter {

Seconds parse_seconds(const char* option, std::string_view text) {
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stopped != end || std::isnan(value) || std::signbit(value)) {
    throw UsageError(fmt::format("{}: \"{}\" is not a time in seconds (see --help)", option, text));
  }
  return Seconds(value);
}

namespace {

/// The words of a list with commas between.
std::vector<std::string_view> words_of(std::string_view list) {
  std::vector<std::string_view> words;
  while (true) {
    const std::size_t comma = list.find(',');
    words.push_back(list.substr(0, comma));
    if (comma == std::string_view::npos) return words;
    list.remove_prefix(comma + 1);
  }
}

TimeZone parse_zone(const std::string& text) {
  try {
    return TimeZone(text);
  } catch (const UsageError& error) {
    throw UsageError(fmt::format("--label-tz: {}", error.what()));
  }
}

/// What options call a transport, and its time-out.
struct TransportWord {
  std::string_view word;
  std::array<Transport, 2> means;
  Seconds MeterOptions::*timeout;
};
constexpr std::array known_transports = {
    TransportWord{"tcp", {Transport::tcp, Transport::tcp}, &MeterOptions::tcp_idle_timeout},
    TransportWord{"udp", {Transport::udp, Transport::udp}, &MeterOptions::udp_idle_timeout},
    TransportWord{"sctp", {Transport::sctp, Transport::sctp}, &MeterOptions::sctp_idle_timeout},
    TransportWord{"dccp", {Transport::dccp, Transport::dccp}, &MeterOptions::dccp_idle_timeout},
    TransportWord{"icmp", {Transport::icmp, Transport::icmpv6}, &MeterOptions::icmp_idle_timeout},
};

const TransportWord& transport_word(const char* option, std::string_view word) {
  for (const TransportWord& known : known_transports) {
    if (known.word == word) return known;
  }
  throw UsageError(fmt::format("{}: \"{}\" is not a protocol that this option takes ({})", option, word,
                               fmt::join(transport_words(), ", ")));
}

}  // namespace

std::vector<std::string> transport_words() {
  std::vector<std::string> words;
  for (const TransportWord& known : known_transports) words.emplace_back(known.word);
  return words;
}

Seconds idle_timeout(const MeterOptions& options, Transport transport) {
  const auto found =
      std::find_if(known_transports.begin(), known_transports.end(), [transport](const TransportWord& known) {
        return std::find(known.means.begin(), known.means.end(), transport) != known.means.end();
      });
  return options.*found->timeout;
}

TransportSet parse_transports(std::string_view text) {
  TransportSet transports{};
  for (const std::string_view word : words_of(text)) {
    for (const Transport transport : transport_word("--transport", word).means) transports.add(transport);
  }
  return transports;
}

void parse_idle_timeouts(std::string_view text, MeterOptions& options) {
  std::optional<Seconds> all;
  std::map<std::string_view, Seconds> by_word;
  for (const std::string_view word : words_of(text)) {
    const std::size_t equals = word.find('=');
    const bool one = equals != std::string_view::npos;
    const std::string_view name = one ? transport_word("--timeout", word.substr(0, equals)).word : "";
    if (one ? by_word.contains(name) : all.has_value()) {
      throw UsageError("--timeout names the same protocol twice (see --help)");
    }
    const Seconds time = parse_seconds("--timeout", one ? word.substr(equals + 1) : word);
    if (one) {
      by_word.emplace(name, time);
    } else {
      all = time;
    }
  }
  for (const TransportWord& known : known_transports) {
    if (const auto found = by_word.find(known.word); found != by_word.end()) {
      if (!options.transports.has(known.means.front())) {
        throw UsageError(fmt::format("--timeout: {} is not among the protocols of --transport", known.word));
      }
      options.*known.timeout = found->second;
    } else if (all) {
      options.*known.timeout = *all;
    }
  }
}

Seconds parse_end_on(std::string_view text) {
  constexpr Seconds linger{2};
  constexpr std::string_view event = "close";
  if (text == event) return linger;
  if (text.starts_with(event) && text.substr(event.size()).starts_with('=')) {
    return parse_seconds("--end-on close", text.substr(event.size() + 1));
  }
  throw UsageError(fmt::format("--end-on takes close or close=SECONDS, not \"{}\" (see --help)", text));
}

std::shared_ptr<Labeller> read_labels(const std::string& file, const std::string& zone, LabelTime time,
                                      std::string standard, GivenFile& read_file) {
  const TimeZone times_of = parse_zone(zone);
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  const bool read = in && (text << in.rdbuf());
  // Nothing is written from an empty file, which the stream takes for a failure.
  if (!read && !(in.is_open() && text.str().empty() && !std::filesystem::is_directory(file))) {
    throw UsageError(fmt::format("--labels {}: {}", file, std::strerror(errno)));
  }
  read_file = given_file(file, text.str());
  std::vector<LabelRule> rules = parse_label_rules(text.str(), file, times_of);
  return std::make_shared<Labeller>(file, std::move(rules), time, std::move(standard));
}

char parse_delimiter(std::string_view text) {
  if (text == "\\t") return '\t';
  const bool usable = text.size() == 1 && text != "\"" && text != "\n" && text != "\r";
  if (!usable) throw UsageError("--delimiter takes one character that is not a quote or a line end");
  return text.front();
}

PartSegments parse_segment(std::string_view text) {
  const std::size_t slash = std::min(text.find('/'), text.size());
  const auto number = [&](std::string_view digits) {
    std::uint64_t value = 0;
    const char* const last = digits.data() + digits.size();
    const auto [end, error] = std::from_chars(digits.data(), last, value);
    return error == std::errc{} && end == last ? value : 0;
  };
  const std::uint64_t place = number(text.substr(0, slash));
  const std::uint64_t total = slash == text.size() ? 0 : number(text.substr(slash + 1));
  if (place < 1 || place > total) {
    throw UsageError(fmt::format("--segment: \"{}\" is not N/TOTAL, with N from 1 to TOTAL", text));
  }
  return {place, place, total};
}

}  // namespace flowmeter
