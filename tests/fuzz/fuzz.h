#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace flowmeter::fuzz {

/// What is done with each input. Never fails by its result: what is wrong ends the process, by a sanitizer or
/// by require().
using Run = int (*)(const std::uint8_t* data, std::size_t size);

struct Target {
  const char* name;
  Run run;
};

/// The targets of this program, in no order.
inline std::vector<Target>& targets() {
  static std::vector<Target> all;
  return all;
}

struct Registration {
  Registration(const char* name, Run run) { targets().push_back({name, run}); }
};

/// A property that must hold for every input.
inline void require(bool holds, const char* property) {
  if (holds) return;
  std::fprintf(stderr, "violated: %s\n", property);
  std::abort();
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// A number from 1 to `most` that the input alone decides, in no way that a mutation would guess.
inline std::size_t pick(std::string_view input, std::size_t most) {
  std::uint32_t hash = 2166136261U;  // FNV-1a
  for (const char c : input.substr(0, 64)) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  }
  return 1 + hash % most;
}

}  // namespace flowmeter::fuzz

/// Begins the function of a target: alone in a program of libFuzzer, one of several where replay_test.cc
/// calls them.
#ifdef FLOWMETER_REPLAY
#define FUZZ_TARGET(name)                                                                \
  static int name##_target(const std::uint8_t* data, std::size_t size);                  \
  static const flowmeter::fuzz::Registration name##_registration(#name, &name##_target); \
  static int name##_target(const std::uint8_t* data, std::size_t size)
#else
#define FUZZ_TARGET(name) extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
#endif
