#pragma once

#include <bitset>
#include <cstdint>
#include <initializer_list>

namespace flowmeter {

/// Some of the ports that there are.
class PortSet {
 public:
  PortSet(std::initializer_list<std::uint16_t> ports) {
    for (const std::uint16_t port : ports) set_.set(port);
  }

  [[nodiscard]] bool has(std::uint16_t port) const { return set_[port]; }

 private:
  std::bitset<65536> set_;
};

}  // namespace flowmeter
