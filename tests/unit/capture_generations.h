#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "capture/frame_dispatcher.h"
#include "capture_bytes.h"

namespace flowmeter::test {

/// Drains a FrameDispatcher as its caller does: one capture for each generation of a slot.
class Generations {
 public:
  using Generation = std::pair<unsigned, std::uint32_t>;  ///< slot, generation

  explicit Generations(FrameDispatcher& dispatcher) : dispatcher_(dispatcher) {
    dispatcher.on_generation_end([this](unsigned slot) { drain(slot); });
  }

  /// The generations that had not ended, if they had a frame.
  void finish() {
    for (unsigned slot = 0; slot < dispatcher_.slots(); ++slot) {
      if (dispatcher_.needed(slot)) drain(slot);
    }
  }

  [[nodiscard]] const std::map<Generation, std::string>& captures() const { return captures_; }

  [[nodiscard]] const std::string& capture(unsigned slot, std::uint32_t generation) const {
    return captures_.at({slot, generation});
  }

 private:
  void drain(unsigned slot) {
    std::string& capture = captures_[{slot, dispatcher_.generation(slot)}];
    capture += std::exchange(dispatcher_.output(slot), {});
  }

  FrameDispatcher& dispatcher_;
  std::map<Generation, std::string> captures_;
};

}  // namespace flowmeter::test
