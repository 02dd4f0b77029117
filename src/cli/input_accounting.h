#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/sha256.h"
#include "cli/account.h"
#include "cli/inputs.h"
#include "cli/options.h"
#include "source/event_loop.h"
#include "source/frame_source.h"

namespace flowmeter {

/// Keeps the account of an input while it is read, as far as the options ask for one: its frames, its digest,
/// and how long it took.
class InputAccounting {
 public:
  /// `input` outlives the object.
  InputAccounting(const Options& options, const Input& input);

  /// Counts the frames of the source as well; to be called before it starts.
  void attach_to(FrameSource& source);

  /// Adds bytes that were read of a pipe.
  void add_bytes(std::string_view bytes);

  /// Time since the object was made.
  [[nodiscard]] std::chrono::steady_clock::duration elapsed() const {
    return std::chrono::steady_clock::now() - start_;
  }

  /// What is only known at the end.
  struct End {
    FlowTally flows{};
    std::uint64_t media_elsewhere = 0;
    std::vector<InterfaceCounts> interfaces{};
    bool is_pipe = true;  ///< its digest is that of the bytes that were added
  };
  /// The account, finished but for the digest of a file; null: none was asked for.
  std::shared_ptr<InputAccount> finish(End end);

  /// Whether a digest is kept.
  [[nodiscard]] bool has_digest() const noexcept { return digest_ != nullptr; }

  /// Adds the digest of a regular file from `begin` on to the account, piece by piece in the loop, so that
  /// others go on meanwhile; then calls `done`. Whoever interrupts the program does not wait for the rest:
  /// the account has no digest then.
  void hash_file(EventLoop& io, int fd, std::int64_t begin, std::function<void()> done);

 private:
  const Input& input_;
  const std::shared_ptr<InputAccount> account_;  // or none
  const std::unique_ptr<Sha256> digest_;         // of the input's bytes, or none
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace flowmeter
