#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/report.h"
#include "packet/observer.h"
#include "schema/meter.h"

namespace flowmeter {

/// One line on a terminal that tells how far a run is: packets, packets a second, flows open and
/// written, and for a file the share done and the time left. Where standard error is no terminal, whole lines
/// without control characters.
class Progress final : public PacketObserver {
 public:
  /// `counters` and `reporter` outlive the object. `share`: how much of the input was read, 0 to 1,
  /// if that is known. `terminal`: whether one line is painted over and over, or whole lines are written.
  Progress(std::string name, const FlowCounters& counters, Reporter& reporter,
           std::function<std::optional<double>()> share, bool terminal = on_terminal());
  ~Progress() override;
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void on_frame(const Frame& /*frame*/) override { ++frames_; }
  void on_end(EndOfInput /*end*/) override { erase(); }

  /// Whether standard error is a terminal.
  [[nodiscard]] static bool on_terminal();

  /// Paints the line anew; called now and then.
  void paint();

  /// Removes the line.
  void erase();

 private:
  std::string line() const;

  const std::string name_;
  const FlowCounters& counters_;
  Reporter& reporter_;
  const std::function<std::optional<double>()> share_;
  const bool terminal_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::uint64_t frames_ = 0;
  bool painted_ = false;
};

}  // namespace flowmeter
