#include "capture/pcapng_options.h"

namespace flowmeter {
namespace {

/// Custom options begin with an enterprise number of four bytes.
constexpr bool is_custom(std::uint16_t code) {
  return code == 2988 || code == 2989 || code == 19372 || code == 19373;
}

}  // namespace

std::optional<PcapngOptions::Option> PcapngOptions::next() {
  if (rest_.empty()) return std::nullopt;
  bad_ = true;
  if (rest_.size() < 4) return std::nullopt;
  const std::uint16_t code = wire::u16(rest_, 0, order_);
  const std::uint16_t length = wire::u16(rest_, 2, order_);
  const std::uint32_t padded = wire::round4(length);
  if (padded > rest_.size() - 4) return std::nullopt;
  if (is_custom(code) && length < 4) return std::nullopt;
  bad_ = false;
  const std::string_view value = rest_.substr(4, length);
  rest_.remove_prefix(4 + padded);
  if (code == 0) {  // end of options, whatever follows
    rest_ = {};
    return std::nullopt;
  }
  return Option{code, value};
}

bool options_ok(std::string_view bytes, wire::Order order) {
  PcapngOptions options(bytes, order);
  while (options.next()) {
  }
  return !options.bad();
}

}  // namespace flowmeter
