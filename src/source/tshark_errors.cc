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

constexpr std::size_t most_words = 500;

/// Of a line that begins a list of what tshark knows: the command that prints it. Null: it is none.
const char* where_listed(std::string_view line) {
  if (line.starts_with("tshark: Valid layer types") || line.starts_with("tshark: Valid protocols")) {
    return "tshark -G decodes";
  }
  if (line.starts_with("tshark: The available read file types")) return "tshark -X read_format:";
  return nullptr;
}

/// What is wrong with a file; its name as tshark knows it is not the user's.
std::string in_parentheses(std::string_view words) {
  const std::size_t begin = words.find("corrupt. (");
  if (begin == std::string_view::npos || !words.ends_with(')')) return {};
  words.remove_prefix(begin + 10);
  words.remove_suffix(1);
  return fmt::format(": {}", words);
}

}  // namespace

std::string last_words(std::string_view errors) {
  std::string words;
  for (std::string_view line : lines_of(errors)) {
    if (line.starts_with("Running as user") || line.starts_with(" ** (")) continue;
    // After a complaint about its arguments come all of its help, or all that would have been right.
    if (line.starts_with("Usage: ") || line.starts_with("TShark (Wireshark)")) break;
    if (const char* where = where_listed(line); where != nullptr) {
      words += fmt::format(" (see {})", where);
      break;
    }
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
  if (words.size() > most_words) words = words.substr(0, most_words) + " ...";
  return words;
}

TsharkFailure explain_failure(const ChildExit& how, std::string_view errors, std::uint64_t frames) {
  const std::string words = last_words(errors);
  if (how.signal != 0) {
    return {fmt::format("tshark was killed by signal {} ({}) after {} frames", how.signal,
                        strsignal(how.signal), frames),
            false, false};
  }
  if (has(errors, "cut short in the middle of a packet.")) {
    return {fmt::format("cut short in the middle of packet {}", frames + 1), false, false};
  }
  if (has(errors, "appears to be damaged or corrupt")) {
    return {fmt::format("damaged after packet {}{}", frames, in_parentheses(words)), false, false};
  }
  if (frames == 0 && has(errors, "middle of a packet or other data")) {
    return {"cut short in the middle of its header", false, false};
  }
  if (has(errors, "isn't a capture file")) return {"is not a capture that tshark knows", true, true};
  if (how.status == 0) {
    return {fmt::format("tshark ended after {} frames, although the input has more", frames), frames == 0,
            false};
  }
  const std::string said = words.empty() ? "said nothing" : fmt::format("said: {}", words);
  if (frames == 0) return {fmt::format("tshark failed (status {}) and {}", how.status, said), true, false};
  return {fmt::format("tshark failed (status {}) after {} frames and {}", how.status, frames, said), false,
          false};
}

std::string explain_packing(PackingEnd end, const std::string& problem, std::uint64_t frames) {
  if (end == PackingEnd::cut_short) return fmt::format("cut short in the middle of packet {}", frames + 1);
  return fmt::format("damaged after packet {}: {}", frames, problem);
}

}  // namespace flowmeter
