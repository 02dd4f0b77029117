#include "capture/pcap_variant.h"

#include <array>

namespace flowmeter {
namespace {

constexpr std::size_t records_tried = 3;
/// Record header lengths: standard, "ss990417" (Red Hat 6.1), Nokia.
constexpr std::array<std::size_t, 3> header_sizes = {16, 24, 20};

struct Limits {
  wire::Order order;
  std::uint32_t snaplen;
  std::uint32_t max_caplen;
};

/// How many things are odd about the record header at the front of `data`.
int oddities(std::string_view data, const Limits& limits) {
  const std::uint32_t fraction = wire::u32(data, 4, limits.order);
  const std::uint32_t caplen = wire::u32(data, 8, limits.order);
  const std::uint32_t length = wire::u32(data, 12, limits.order);
  constexpr std::uint32_t longest = 128 * 1024 * 1024;
  return (fraction >= 1000000) + (caplen > limits.max_caplen) + (length > longest) +
         (caplen > limits.snaplen) + (caplen > length);
}

/// The demerit of one variant, or the number of bytes needed to say it.
struct Trial {
  int demerit;
  std::size_t needed;
};

Trial try_variant(std::string_view data, bool end, std::size_t header, const Limits& limits) {
  std::size_t position = 0;
  for (std::size_t i = 0; i < records_tried; ++i) {
    if (data.size() < position + header) {
      if (!end) return {0, position + header};
      return {data.size() == position ? 0 : 1, 0};
    }
    const std::string_view record = data.substr(position);
    if (const int odd = oddities(record, limits); odd != 0) return {odd, 0};
    position += header + wire::u32(record, 8, limits.order);
    if (data.size() < position) return end ? Trial{1, 0} : Trial{0, position};
  }
  return {0, 0};
}

}  // namespace

VariantGuess guess_variant(std::string_view records, bool end, wire::Order order, std::uint32_t snaplen,
                           std::uint32_t max_caplen) {
  int best = 0;
  std::size_t chosen = 0;
  for (std::size_t i = 0; i < header_sizes.size(); ++i) {
    const Trial trial = try_variant(records, end, header_sizes[i], {order, snaplen, max_caplen});
    if (trial.needed != 0) return {VariantGuess::Kind::more, trial.needed};
    if (i == 0 || trial.demerit < best) {
      best = trial.demerit;
      chosen = i;
    }
    if (best == 0) break;
  }
  return {chosen == 0 ? VariantGuess::Kind::standard : VariantGuess::Kind::other, 0};
}

}  // namespace flowmeter
