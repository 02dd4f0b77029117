#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include "capture/item.h"
#include "capture/pair_set.h"
#include "capture/routing_key.h"

namespace flowmeter {

/// How frames are shared among workers.
struct DispatcherOptions {
  std::uint64_t generation_frames = 0;  ///< most frames of the input for one generation; 0: no limit
  bool stateful_worker = false;         ///< one more slot, for applications whose dissectors remember
  std::size_t stateful_pairs = std::size_t{1} << 20;  ///< most pairs of addresses that it gets
  bool local_headers = false;  ///< workers get plain frames alone, whose headers are kept
};

/// Chooses the worker slot of each frame, by the rules that FrameDispatcher tells.
class FrameRouter {
 public:
  /// Called with the hash of a pair of addresses when all of it is the stateful worker's from now on.
  using PairMoved = std::function<void(std::uint64_t pair)>;

  FrameRouter(unsigned workers, const DispatcherOptions& options, PairMoved pair_moved);

  /// The slot of the next frame, its key, and the key of the innermost packet in it, which may be a fragment.
  /// The keys' views are of the frame.
  unsigned route(const CaptureItem& frame, RoutingKey& key, RoutingKey& innermost);

  /// Workers that share the plain frames: they have the first slots.
  [[nodiscard]] unsigned workers() const noexcept { return workers_; }
  [[nodiscard]] unsigned slots() const noexcept {
    return workers_ + (options_.local_headers ? 1U : 0U) + (options_.stateful_worker ? 1U : 0U);
  }
  /// The slot of what is not plain: the fallback worker's, or the first worker's.
  [[nodiscard]] unsigned fallback() const noexcept { return options_.local_headers ? workers_ : 0; }
  /// The stateful worker's slot, if there is one.
  [[nodiscard]] unsigned stateful() const noexcept { return slots() - 1; }
  [[nodiscard]] bool is_stateful(unsigned slot) const noexcept {
    return options_.stateful_worker && slot == stateful();
  }

  /// See FrameDispatcher::pairs_refused().
  [[nodiscard]] std::uint64_t pairs_refused() const noexcept { return pairs_refused_; }

 private:
  [[nodiscard]] RoutingKey key_of(const CaptureItem& frame) const;
  [[nodiscard]] unsigned stateless_slot(const RoutingKey& key) const;
  [[nodiscard]] bool needs_state(const RoutingKey& key);
  void move_pair(std::uint64_t pair);

  const DispatcherOptions options_;
  const unsigned workers_;
  const PairMoved pair_moved_;
  PairSet stateful_pairs_;
  std::uint64_t pairs_refused_ = 0;
};

}  // namespace flowmeter
