#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "capture/frame_dispatcher.h"
#include "capture_bytes.h"

namespace flowmeter::test {

/// Takes what a dealer gives, as the caller of a FrameDispatcher does: one capture for each life of a lane.
class Lives {
 public:
  using Life = std::pair<unsigned, std::uint32_t>;  ///< lane, life

  explicit Lives(FrameDispatcher& dealer) : dispatcher_(dealer) {
    dealer.on_life_end([this](unsigned lane) { take(lane); });
  }

  /// The lives that had not ended, if they had a frame.
  void finish() {
    for (unsigned lane = 0; lane < dispatcher_.lanes(); ++lane) {
      if (dispatcher_.needed(lane)) take(lane);
    }
  }

  [[nodiscard]] const std::map<Life, std::string>& captures() const { return captures_; }

  [[nodiscard]] const std::string& capture(unsigned lane, std::uint32_t life) const {
    return captures_.at({lane, life});
  }

 private:
  void take(unsigned lane) {
    std::string& capture = captures_[{lane, dispatcher_.life(lane)}];
    capture += std::exchange(dispatcher_.output(lane), {});
  }

  FrameDispatcher& dispatcher_;
  std::map<Life, std::string> captures_;
};

}  // namespace flowmeter::test
