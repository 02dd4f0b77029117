#include "dialect/sniff.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "dialect/framer.h"

namespace flowmeter {
namespace {

using namespace std::string_view_literals;

// pcap (micro- and nanoseconds, both byte orders, and the variants that libpcap's relatives
// wrote), pcapng, gzip, zstd, LZ4.
constexpr std::array magics = {"\xa1\xb2\xc3\xd4"sv, "\xd4\xc3\xb2\xa1"sv, "\xa1\xb2\x3c\x4d"sv,
                               "\x4d\x3c\xb2\xa1"sv, "\xa1\xb2\xcd\x34"sv, "\x34\xcd\xb2\xa1"sv,
                               "\x0a\x0d\x0d\x0a"sv, "\x1f\x8b"sv,         "\x28\xb5\x2f\xfd"sv,
                               "\x04\x22\x4d\x18"sv};

bool field_name_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.' || c == '-';
}

/// A header line: tshark field names, which have dots, between tabs.
std::optional<InputKind> sniff_header(std::string_view head, bool at_end) {
  const std::size_t newline = head.find('\n');
  std::string_view line = head.substr(0, newline);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  const auto names_between = [line](std::string_view separators) {
    return std::all_of(line.begin(), line.end(), [separators](char c) {
      return separators.find(c) != std::string_view::npos || field_name_character(c);
    });
  };
  const bool tabs = names_between("\t");
  const bool fields = line.starts_with("frame.") || line.starts_with("_ws.");
  if (!tabs && !(fields && names_between(",;|: \"'"))) return InputKind::unknown;
  if (newline == std::string_view::npos && !at_end && head.size() < sniff_bytes) return std::nullopt;
  if (!tabs) return InputKind::separated;
  return line.find('.') != std::string_view::npos ? InputKind::fields : InputKind::unknown;
}

/// A line of nothing but numbers and addresses.
std::optional<InputKind> sniff_values(std::string_view head, bool at_end) {
  const std::size_t newline = head.find('\n');
  const std::string_view line = head.substr(0, newline);
  if (line.find_first_not_of("0123456789abcdefABCDEFx.:,\t\r") != std::string_view::npos) {
    return InputKind::unknown;
  }
  if (newline == std::string_view::npos && !at_end && head.size() < sniff_bytes) return std::nullopt;
  return InputKind::headerless;
}

}  // namespace

std::optional<InputKind> sniff(std::string_view head, bool at_end) noexcept {
  if (head.empty()) return at_end ? std::optional(InputKind::empty) : std::nullopt;
  if (!at_end && (head == "\xff"sv || head == "\xfe"sv)) return std::nullopt;
  if (head.starts_with("\xff\xfe"sv) || head.starts_with("\xfe\xff"sv)) return InputKind::utf16;
  if (!at_end && byte_order_mark.starts_with(head)) return std::nullopt;
  if (head.starts_with(byte_order_mark)) return sniff(head.substr(byte_order_mark.size()), at_end);
  for (const std::string_view magic : magics) {
    if (head.starts_with(magic)) return InputKind::capture;
    if (!at_end && magic.starts_with(head)) return std::nullopt;
  }
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
    const std::optional<InputKind> next = sniff(rest.substr(null.size()), at_end);
    if (!next || *next == InputKind::ek) return next;
  }
  if (first == '{') return InputKind::ek;
  if (first == '[') return InputKind::json;
  if (first == '<') return InputKind::xml;
  if (start == 0 && std::isdigit(static_cast<unsigned char>(first)) != 0) {
    return sniff_values(head, at_end);
  }
  if (start == 0 && field_name_character(first)) return sniff_header(head, at_end);
  return InputKind::unknown;
}

}  // namespace flowmeter
