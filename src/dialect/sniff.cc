#include "dialect/sniff.h"

#include <algorithm>
#include <cctype>

#include "capture/mark.h"
#include "dialect/record_splitter.h"

namespace flowmeter {
namespace {

using namespace std::string_view_literals;

bool field_name_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.' || c == '-';
}

/// The first line of the text; nothing as long as it may go on.
std::optional<std::string_view> first_line(std::string_view head, bool at_end) {
  const std::size_t newline = head.find('\n');
  if (newline == std::string_view::npos && !at_end && head.size() < sniff_bytes) return std::nullopt;
  std::string_view line = head.substr(0, newline);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

/// Calls `take` with each cell of the line, without the quotes around it, as long as it returns true.
template <class Take>
bool all_cells(std::string_view line, char separator, Take take) {
  while (true) {
    std::string_view cell = line.substr(0, line.find(separator));
    const std::size_t size = cell.size();
    if (cell.size() > 1 && cell.front() == cell.back() && (cell.front() == '"' || cell.front() == '\'')) {
      cell = cell.substr(1, cell.size() - 2);
    }
    if (!take(cell)) return false;
    if (size == line.size()) return true;
    line.remove_prefix(size + 1);
  }
}

/// Whether the line is names of fields between these separators, and some that tell tshark from others.
bool has_field_names(std::string_view line, char separator) {
  constexpr std::array known = {"frame."sv, "_ws."sv, "eth."sv,  "ip."sv,   "ipv6."sv,
                                "tcp."sv,   "udp."sv, "icmp."sv, "sctp."sv, "dccp."sv};
  bool any_known = false;
  const bool all_names = all_cells(line, separator, [&](std::string_view cell) {
    any_known |= std::any_of(known.begin(), known.end(),
                             [cell](std::string_view prefix) { return cell.starts_with(prefix); });
    return !cell.empty() && std::all_of(cell.begin(), cell.end(), field_name_character);
  });
  return all_names && any_known;
}

/// Whether it is a number, a time or an address as tshark prints them, or the protocols of a frame.
bool is_value(std::string_view cell) {
  const bool number = cell.find_first_not_of("0123456789abcdefABCDEFx.:,-TZ") == std::string_view::npos;
  if (number && cell.find_first_of("0123456789") != std::string_view::npos) return true;
  const bool names =
      std::all_of(cell.begin(), cell.end(), [](char c) { return c == ':' || field_name_character(c); });
  return names && std::count(cell.begin(), cell.end(), ':') >= 2 && cell.find("::") == std::string_view::npos;
}

/// Whether the line is values between these separators: all of them, or one beside texts if these are tabs,
/// which hardly anything else has.
bool has_values(std::string_view line, char separator) {
  bool any = false;
  const bool all = all_cells(line, separator, [&](std::string_view cell) {
    const bool value = is_value(cell);
    any |= value;
    return value || cell.empty() || separator == '\t';
  });
  return all && any;
}

/// Whether anything in it can be no text.
bool is_binary(std::string_view head) {
  return std::any_of(head.begin(), head.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < ' ' && c != '\t' && c != '\r' && c != '\n') || byte == 0x7f;
  });
}

/// What tshark -T fields has written, with its header line or without.
std::optional<InputKind> sniff_fields(std::string_view head, bool at_end) {
  const std::optional<std::string_view> line = first_line(head, at_end);
  if (!line) return is_binary(head) ? std::optional(InputKind::unknown) : std::nullopt;
  if (is_binary(*line)) return InputKind::unknown;
  const bool names =
      std::all_of(line->begin(), line->end(), [](char c) { return c == '\t' || field_name_character(c); });
  const bool begins_as_name = std::isdigit(static_cast<unsigned char>(line->front())) == 0;
  if (names && begins_as_name && field_name_character(line->front()) &&
      line->find('.') != std::string_view::npos && !has_values(*line, '\t')) {
    return InputKind::fields;
  }
  for (const char separator : {',', ';', '|', ' ', ':', '\t'}) {
    if (line->find(separator) != std::string_view::npos && has_field_names(*line, separator)) {
      return InputKind::separated;
    }
  }
  for (const char separator : {'\t', ',', ';', '|'}) {
    if (has_values(*line, separator)) return InputKind::headerless;
  }
  return InputKind::unknown;
}

std::optional<InputKind> sniff_text(std::string_view head, bool at_end) {
  if (!at_end && (head == "\xff"sv || head == "\xfe"sv)) return std::nullopt;
  if (head.starts_with("\xff\xfe"sv) || head.starts_with("\xfe\xff"sv)) return InputKind::utf16;
  if (!at_end && byte_order_mark.starts_with(head)) return std::nullopt;
  if (head.starts_with(byte_order_mark)) return sniff_text(head.substr(byte_order_mark.size()), at_end);
  const std::size_t start = head.find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos) {
    if (at_end) return InputKind::empty;
    return head.size() < sniff_bytes ? std::nullopt : std::optional(InputKind::unknown);
  }
  const char first = head[start];
  // What jq makes of documents without the member that it was asked for.
  constexpr std::string_view null = "null";
  const std::string_view rest = head.substr(start);
  if (!at_end && null.starts_with(rest)) return std::nullopt;
  if (rest.starts_with(null)) {
    const std::optional<InputKind> next = sniff_text(rest.substr(null.size()), at_end);
    if (!next || *next == InputKind::ek) return next;
  }
  if (first == '{') return InputKind::ek;
  if (first == '[') return InputKind::json;
  if (first == '<') return InputKind::xml;
  const std::size_t before = head.substr(0, start).find_last_of('\n');  // the line may begin with empty cells
  return sniff_fields(before == std::string_view::npos ? head : head.substr(before + 1), at_end);
}

}  // namespace

std::optional<InputKind> sniff(std::string_view head, bool at_end) noexcept {
  if (head.empty()) return at_end ? std::optional(InputKind::empty) : std::nullopt;
  const CaptureMark mark = capture_mark(head, at_end);
  if (mark == CaptureMark::unclear) return std::nullopt;
  if (mark == CaptureMark::known) return InputKind::capture;
  if (mark == CaptureMark::cut) return InputKind::cut;
  const CaptureMark late = late_capture_mark(head, at_end || head.size() >= sniff_bytes);
  if (mark == CaptureMark::other || late == CaptureMark::other) return InputKind::other;
  const auto kind = sniff_text(head, at_end);
  // Text is told at once.
  return kind == InputKind::unknown && late == CaptureMark::unclear ? std::nullopt : kind;
}

}  // namespace flowmeter
