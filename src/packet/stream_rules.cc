#include "packet/stream_rules.h"

#include <charconv>

namespace flowmeter {
namespace {

struct Known {
  int major, first_minor, last_minor;
  StreamRules rules;
};

constexpr Known all_known[] = {
    {4, 0, 0, {}},
    {4, 2, 2, {.end_counts = true}},
    {4, 4, 6, {.end_counts = true, .syn_ack_opens = true, .any_segment_teaches = true}},
};

}  // namespace

std::optional<StreamRules> StreamRules::of(int major, int minor) noexcept {
  for (const Known& known : all_known) {
    if (major == known.major && minor >= known.first_minor && minor <= known.last_minor) return known.rules;
  }
  return std::nullopt;
}

std::optional<StreamRules> StreamRules::of(std::string_view version) noexcept {
  const char* const last = version.data() + version.size();
  int major = 0, minor = 0;
  const auto [dot, error] = std::from_chars(version.data(), last, major);
  if (error != std::errc{} || dot == last || *dot != '.') return std::nullopt;
  if (std::from_chars(dot + 1, last, minor).ec != std::errc{}) return std::nullopt;
  return of(major, minor);
}

StreamRules StreamRules::usual() noexcept { return {}; }

bool StreamRules::may_open(std::uint16_t tcp_flags) const noexcept {
  return (tcp_flags & tcp_flag::syn) != 0 && (syn_ack_opens || (tcp_flags & tcp_flag::ack) == 0);
}

bool StreamRules::opens(const InitialNumbers& initial, StreamEnd sender, std::uint16_t tcp_flags,
                        const TcpNumbers& numbers) const noexcept {
  if (!numbers.known || !may_open(tcp_flags) || !initial.known(sender)) return false;
  return initial.contradict(sender, numbers.sequence) || (end_counts && initial.end_seen());
}

void StreamRules::learn(InitialNumbers& initial, StreamEnd sender, std::uint16_t tcp_flags,
                        TcpNumbers numbers) const noexcept {
  using Teaches = TcpNumbers::Teaches;
  if (!numbers.known) return;
  if (numbers.teaches == Teaches::some_tsharks) {
    numbers.teaches = any_segment_teaches ? Teaches::all : Teaches::none;
  }
  initial.learn(sender, tcp_flags, numbers);
}

void StreamRules::append(InitialNumbers& initial, InitialNumbers later) const noexcept {
  later.decide_doubts(any_segment_teaches);
  initial.append(later);
}

}  // namespace flowmeter
