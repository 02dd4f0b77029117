#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "cli/batch_outputs.h"
#include "cli/input_run.h"
#include "cli/inputs.h"

namespace flowmeter {

/// An input that is being metered, or that waits until those before it are done.
struct Job {
  std::size_t number;  ///< of the input, from 0
  const Input& input;
  bool alone;  ///< no other job runs beside it
  std::unique_ptr<InputOutput> output{};
  std::unique_ptr<InputRun> run{};  ///< gone once it has ended
  bool ended = false;
  InputResult result{};  ///< once it has ended
};

/// Decides when inputs are started, and in which order they are done: some side by side, large ones alone; a
/// job that has ended is done when all before it are.
class JobQueue {
 public:
  using Handler = std::function<void(Job&)>;

  /// `inputs` outlive the queue. `most`: jobs that run at once. `start` starts a job, `finish` is told of one
  /// that is done.
  JobQueue(const std::vector<Input>& inputs, unsigned most, Handler start, Handler finish)
      : inputs_(inputs), most_(most), start_(std::move(start)), finish_(std::move(finish)) {}

  /// Starts what may be started now.
  void start_more();

  /// A job that was started has ended. Finishes what is done by now.
  void end(Job& job, const InputResult& result);

  /// Drops all jobs, also those that run.
  void clear() { jobs_.clear(); }

  /// Those that run and those that wait, in the order of the inputs.
  [[nodiscard]] const std::deque<std::unique_ptr<Job>>& jobs() const noexcept { return jobs_; }

 private:
  const std::vector<Input>& inputs_;
  const unsigned most_;
  const Handler start_, finish_;
  std::size_t next_ = 0;  // input to be started
  std::deque<std::unique_ptr<Job>> jobs_;
};

/// Whether several tsharks pay for the input, or it may be as large.
[[nodiscard]] bool is_large(const Input& input);

}  // namespace flowmeter
