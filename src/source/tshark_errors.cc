#include "source/tshark_errors.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <vector>

namespace flowmeter {
namespace {

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t newline = text.find('\n');
    if (newline != 0) lines.push_back(text.substr(0, newline));
    text.remove_prefix(newline == std::string_view::npos ? text.size() : newline + 1);
  }
  return lines;
}

}  // namespace

std::string last_words(std::string_view errors) {
  std::string words;
  for (std::string_view line : lines_of(errors)) {
    if (line.starts_with("Running as user") || line.starts_with(" ** (")) continue;
    // Behind a complaint about its arguments comes all of its help.
    if (line.starts_with("Usage: ") || line.starts_with("TShark (Wireshark)")) break;
    if (line.starts_with("tshark: ")) {
      line.remove_prefix(8);
      words.clear();  // a message begins
    }
    while (!line.empty() && (line.front() == '\t' || line.front() == ' ')) line.remove_prefix(1);
    if (line.empty()) continue;
    if (!words.empty()) words += ' ';
    words += line;
  }
  while (!words.empty() && words.back() == '.') words.pop_back();
  return words;
}

TsharkFailure explain_failure(const ChildExit& how, std::string_view errors, std::uint64_t frames) {
  const std::string words = last_words(errors);
  if (how.signal != 0) {
    return {fmt::format("tshark was ended by signal {} ({}) after {} frames", how.signal,
                        strsignal(how.signal), frames),
            false, false};
  }
  if (has(errors, "cut short in the middle of a packet.")) {
    return {fmt::format("cut short in the middle of packet {}", frames + 1), false, false};
  }
  if (has(errors, "appears to be damaged or corrupt")) {
    return {fmt::format("damaged behind packet {}: {}", frames, words), false, false};
  }
  if (has(errors, "isn't a capture file") ||
      (frames == 0 && has(errors, "middle of a packet or other data"))) {
    return {"is not a capture that tshark knows", true, true};
  }
  if (how.status == 0) {
    return {fmt::format("tshark ended after {} frames, though there are more", frames), frames == 0, false};
  }
  const std::string said = words.empty() ? "said nothing" : fmt::format("said: {}", words);
  if (frames == 0) return {fmt::format("tshark failed (status {}) and {}", how.status, said), true, false};
  return {fmt::format("tshark failed (status {}) after {} frames and {}", how.status, frames, said), false,
          false};
}

}  // namespace flowmeter
