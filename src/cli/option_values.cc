#include "cli/option_values.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <optional>

#include "base/error.h"

namespace flowmeter {

Seconds parse_seconds(const char* option, std::string_view text) {
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stopped != end || std::isnan(value) || std::signbit(value)) {
    throw UsageError(fmt::format("{}: \"{}\" is no time in seconds (see --help)", option, text));
  }
  return Seconds(value);
}

void parse_idle_timeouts(std::string_view text, MeterOptions& options) {
  std::optional<Seconds> all, tcp, udp;
  bool more = true;
  while (more) {
    const std::size_t comma = text.find(',');
    more = comma != std::string_view::npos;
    std::string_view word = text.substr(0, comma);
    text.remove_prefix(more ? comma + 1 : text.size());
    std::optional<Seconds>* target = &all;
    if (const std::size_t equals = word.find('='); equals != std::string_view::npos) {
      const std::string_view protocol = word.substr(0, equals);
      if (protocol != "tcp" && protocol != "udp") {
        throw UsageError(fmt::format("--timeout: \"{}\" is no protocol that it takes (tcp, udp)", protocol));
      }
      target = protocol == "tcp" ? &tcp : &udp;
      word.remove_prefix(equals + 1);
    }
    if (*target) throw UsageError("--timeout names the same protocol twice (see --help)");
    *target = parse_seconds("--timeout", word);
  }
  if (all) options.tcp_idle_timeout = options.udp_idle_timeout = *all;
  if (tcp) options.tcp_idle_timeout = *tcp;
  if (udp) options.udp_idle_timeout = *udp;
}

char parse_delimiter(std::string_view text) {
  if (text == "\\t") return '\t';
  const bool usable = text.size() == 1 && text != "\"" && text != "\n" && text != "\r";
  if (!usable) throw UsageError("--delimiter takes one character that is no quote or line end");
  return text.front();
}

}  // namespace flowmeter
