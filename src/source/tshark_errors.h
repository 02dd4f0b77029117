#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "capture/decompress.h"
#include "source/child.h"

namespace flowmeter {

/// What a failed tshark means for a run.
struct TsharkFailure {
  std::string message;         ///< one line, without the input's name
  bool nothing_done = false;   ///< it did not get to read the capture at all
  bool not_a_capture = false;  ///< it does not know the input's format
};

/// tshark's last line on its standard error that says something, without its own name.
[[nodiscard]] std::string last_words(std::string_view errors);

/// Explains how tshark ended, out of its exit, its standard error and the frames that it gave.
/// Source: exit codes and messages of tshark 3.4 to 4.6.
[[nodiscard]] TsharkFailure explain_failure(const ChildExit& how, std::string_view errors,
                                            std::uint64_t frames);

/// The same for a compressed capture that ended in that way, which is not `whole`. `problem`: the words of
/// the library.
[[nodiscard]] std::string explain_packing(PackingEnd end, const std::string& problem, std::uint64_t frames);

}  // namespace flowmeter
