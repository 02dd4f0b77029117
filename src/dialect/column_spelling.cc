#include "dialect/column_spelling.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "base/parse.h"

namespace flowmeter {
namespace {

/// Fields that are there or not: what tshark's analysis of TCP finds.
constexpr std::array<std::string_view, 15> marks = {
    "tcp.analysis.retransmission",
    "tcp.analysis.fast_retransmission",
    "tcp.analysis.spurious_retransmission",
    "tcp.analysis.out_of_order",
    "tcp.analysis.lost_segment",
    "tcp.analysis.ack_lost_segment",
    "tcp.analysis.duplicate_ack",
    "tcp.analysis.zero_window",
    "tcp.analysis.window_full",
    "tcp.analysis.window_update",
    "tcp.analysis.keep_alive",
    "tcp.analysis.keep_alive_ack",
    "tcp.analysis.zero_window_probe",
    "tcp.analysis.zero_window_probe_ack",
    "tcp.analysis.reused_ports",
};

/// "0x" and `digits` digits for each of the numbers below `count`.
template <std::size_t digits, std::size_t count>
constexpr auto hexadecimals = [] {
  std::array<std::array<char, 2 + digits>, count> all{};
  for (std::size_t number = 0; number < count; ++number) {
    all[number][0] = '0';
    all[number][1] = 'x';
    for (std::size_t place = 0; place < digits; ++place) {
      all[number][1 + digits - place] = "0123456789abcdef"[number >> (4 * place) & 0xf];
    }
  }
  return all;
}();

template <std::size_t digits, std::size_t count>
std::string_view padded(std::string_view value) noexcept {
  if (value.size() >= 2 + digits) return value;
  const auto number = parse_number(value);
  if (!number || *number >= count) return value;
  const auto& text = hexadecimals<digits, count>[static_cast<std::size_t>(*number)];
  return {text.data(), text.size()};
}

}  // namespace

ColumnSpelling ColumnSpelling::of(std::string_view field) noexcept {
  if (field == "tcp.flags") return ColumnSpelling(Kind::hexadecimal_4);
  if (field == "ip.flags") return ColumnSpelling(Kind::hexadecimal_2);
  const bool is_mark = std::find(marks.begin(), marks.end(), field) != marks.end();
  return is_mark ? ColumnSpelling(Kind::mark) : ColumnSpelling();
}

std::string_view ColumnSpelling::as_ek(std::string_view value) const noexcept {
  switch (kind_) {
    case Kind::same:
      break;
    case Kind::mark:
      return "1";
    case Kind::hexadecimal_2:
      return padded<2, 0x100>(value);
    case Kind::hexadecimal_4:
      return padded<4, 0x1000>(value);
  }
  return value;
}

}  // namespace flowmeter
