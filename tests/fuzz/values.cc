// Numbers, times and addresses as tshark prints them, and reals as they are printed.

#include <arpa/inet.h>

#include <charconv>
#include <cmath>
#include <cstring>
#include <string>

#include "base/address.h"
#include "base/parse.h"
#include "base/report.h"
#include "fuzz.h"
#include "sink/row_writer.h"

namespace {

using namespace flowmeter;
using fuzz::require;

void check_number(std::string_view text) {
  const auto value = parse_number(text);
  if (!value) return;
  require(parse_number(std::to_string(*value)) == value, "a number reads back");
  require(text.find_first_not_of("0123456789abcdefABCDEFxX") == std::string_view::npos,
          "a number is made of digits");
}

/// As tshark prints times: the fraction counts forward.
std::string seconds_text(std::int64_t ns) {
  std::int64_t seconds = ns / 1'000'000'000, rest = ns % 1'000'000'000;
  if (rest < 0) {
    --seconds;
    rest += 1'000'000'000;
  }
  std::string fraction = std::to_string(rest);
  fraction.insert(0, 9 - fraction.size(), '0');
  return std::to_string(seconds) + '.' + fraction;
}

void check_time(std::string_view text) {
  const auto time = parse_time(text);
  if (time) require(parse_time(seconds_text(*time)) == time, "a time reads back");
  if (time) require(is_time(text), "what is read as a time is one");
}

void check_address(std::string_view text) {
  const auto address = parse_address(text);
  const std::string copy(text);
  in6_addr expected{};
  const bool v6 = copy.find(':') != std::string::npos && copy.size() == std::strlen(copy.c_str()) &&
                  inet_pton(AF_INET6, copy.c_str(), &expected) == 1;
  if (v6) require(address.has_value(), "an IPv6 address is one");
  if (!address) return;
  require(address->version == 4 || address->version == 6, "an address has a version");
  require(parse_address(to_string(*address)) == address, "an address reads back");
}

void check_real(std::string_view bytes) {
  double value = 0;
  if (bytes.size() < sizeof value) return;
  std::memcpy(&value, bytes.data(), sizeof value);
  if (!std::isfinite(value)) return;
  std::string text;
  append_real(text, value);
  double back = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), back);
  require(error == std::errc{} && end == text.data() + text.size(), "a real is printed as a number");
  require(back == value, "a real reads back");
}

}  // namespace

FUZZ_TARGET(values) {
  const std::string_view text = fuzz::text_of(data, size);
  check_number(text);
  check_time(text);
  check_address(text);
  check_real(text);
  for (const char c : printable(text)) {
    require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f, "a message is one line");
  }
  return 0;
}
