#pragma once

#include <cstddef>

#include "base/error.h"
#include "cli/input_run.h"

namespace flowmeter {

/// Counts what became of the inputs of a run: what its exit status is, and whether it goes on.
class BatchStatus {
 public:
  /// `skipped`: files that were passed over before the first input was read.
  explicit BatchStatus(std::size_t skipped = 0) : skipped_(skipped) {}

  /// How an input ended.
  void add(const InputResult& result);

  /// A file below a directory turned out to be no capture.
  void skip() { ++skipped_; }

  /// A common output lacks rows.
  void add_failure() { ++failed_; }

  /// Of the run, were it over now.
  [[nodiscard]] ExitStatus exit_status() const noexcept;

  /// Files that were no captures.
  [[nodiscard]] std::size_t skipped() const noexcept { return skipped_; }

  /// The user has ended the run.
  [[nodiscard]] bool interrupted() const noexcept { return interrupted_ != ExitStatus::ok; }

  /// Rows of an input could not be written.
  [[nodiscard]] bool output_failed() const noexcept { return output_failed_; }

  /// Nobody takes the output any more.
  void stop() noexcept { stopped_ = true; }

  /// No further input is to be started.
  [[nodiscard]] bool stopped() const noexcept { return stopped_; }

 private:
  std::size_t done_ = 0, failed_ = 0, skipped_;
  ExitStatus interrupted_ = ExitStatus::ok;
  bool output_failed_ = false;
  bool stopped_ = false;
};

}  // namespace flowmeter
