#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "capture/bytes.h"

namespace flowmeter {

/// Walks the options at the end of a pcapng block.
/// Errors: an option that reaches past the end makes the walk, and so the block, bad.
class PcapngOptions {
 public:
  /// One option: its code and its value, without padding.
  struct Option {
    std::uint16_t code;
    std::string_view value;
  };

  /// `bytes`: from the first option to the block's trailer; must outlive this object.
  PcapngOptions(std::string_view bytes, wire::Order order) : rest_(bytes), order_(order) {}

  /// The next option; nothing at the end of options, or where they are bad.
  std::optional<Option> next();

  /// Whether next() met an option that Wireshark refuses.
  [[nodiscard]] bool bad() const { return bad_; }

 private:
  std::string_view rest_;
  wire::Order order_;
  bool bad_ = false;
};

/// Whether all of the options are well-formed.
bool options_ok(std::string_view bytes, wire::Order order);

}  // namespace flowmeter
