#pragma once

#include <array>
#include <cstdint>

namespace flowmeter {

/// A counter of 48 bits: there are many in every flow. At a million packets a second it lasts for
/// nine years.
class SmallCounter {
 public:
  void add(std::uint16_t count) noexcept {
    const std::uint32_t low = std::uint32_t{words_[0]} + count;
    words_[0] = static_cast<std::uint16_t>(low);
    if (low <= 0xffff) return;
    if (++words_[1] == 0) ++words_[2];
  }
  void merge(const SmallCounter& other) noexcept { set(value() + other.value()); }
  void set(std::uint64_t count) noexcept {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] = static_cast<std::uint16_t>(count >> (16 * i));
  }
  [[nodiscard]] std::uint64_t value() const noexcept {
    return std::uint64_t{words_[2]} << 32 | std::uint64_t{words_[1]} << 16 | words_[0];
  }

 private:
  std::array<std::uint16_t, 3> words_{};  // least significant first
};

}  // namespace flowmeter
