#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/report.h"
#include "cli/inputs.h"
#include "cli/job_queue.h"
#include "observer/progress.h"
#include "source/timer.h"

namespace flowmeter {

/// Tells how far a run over inputs is: on the line of progress, to the service manager, and to one who asks.
class BatchProgress {
 public:
  /// All outlive the object. `painted`: there is a line of progress.
  BatchProgress(EventLoop& io, const std::vector<Input>& inputs, const JobQueue& queue, Reporter& reporter,
                bool painted);

  /// Begins to repaint, if anybody looks.
  void start();

  /// Repaints no more.
  void stop() { repaint_.cancel(); }

  /// Removes the line, so that something else can be written in its place.
  void erase() {
    if (line_) line_->erase();
  }

  /// A job is about to end: what it reached counts from now on though it is gone.
  void count(const Job& job);

  /// Tells of all inputs in a line, then of those that are at work.
  void answer() const;

 private:
  void repaint(std::chrono::milliseconds delay);
  [[nodiscard]] std::chrono::duration<double> elapsed() const;
  [[nodiscard]] std::string counted() const;
  [[nodiscard]] Reached reached() const;

  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  const std::vector<Input>& inputs_;
  const JobQueue& queue_;
  Reporter& reporter_;
  const std::unique_ptr<Progress> line_;  // or none
  Timer repaint_;
  std::vector<double> bytes_;  // of inputs that are files, by input; 0: not known. Empty: nobody looks
  double bytes_of_all_ = 0, bytes_ended_ = 0;
  std::size_t inputs_ended_ = 0;
  Reached ended_;  // by these
};

}  // namespace flowmeter
