#pragma once

#include <cstdint>
#include <memory>

#include "cli/input_context.h"
#include "cli/opened_input.h"
#include "source/frame_source.h"
#include "source/tshark_command.h"

namespace flowmeter {

/// From this size on, in bytes, several tsharks pay for one capture.
inline constexpr std::uintmax_t worth_sharing = std::uintmax_t{8} << 20;

/// From where the frames of an input come.
struct SourceChoice {
  enum class Kind {
    text,             ///< tshark's text
    single_tshark,    ///< a capture, see SingleTshark
    parallel_tshark,  ///< a capture, see ParallelTshark
  };
  Kind kind = Kind::text;
  TsharkOutputFormat format = TsharkOutputFormat::ek;  ///< of our tsharks
  bool local_headers = false;       ///< headers of plain frames are parsed here; of several tsharks
  std::uint64_t frames_before = 0;  ///< first frames that are not published: they were before
};

/// Chooses for an input whose kind is known. Throws UsageError if it takes a tshark and none will do.
[[nodiscard]] SourceChoice choose_source(const InputContext& context, const OpenedInput& input);

/// What follows a choice whose source has published so many frames and needs another one for the rest.
[[nodiscard]] SourceChoice choose_again(SourceChoice choice, Retry retry, std::uint64_t published);

/// Makes the source of that choice. `context` and `input` outlive it. Throws InputError for a text that does
/// not go with the options.
[[nodiscard]] std::unique_ptr<FrameSource> make_source(const InputContext& context, const OpenedInput& input,
                                                       const SourceChoice& choice, FrameSource::Host host);

}  // namespace flowmeter
