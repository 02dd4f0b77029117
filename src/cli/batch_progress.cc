#include <fmt/format.h>

#include <filesystem>

#include "base/service_manager.h"
#include "cli/batch.h"

namespace flowmeter {

namespace fs = std::filesystem;

namespace {

using std::chrono::milliseconds;

constexpr milliseconds progress_start{1000};  // a short run shows nothing
constexpr milliseconds progress_pace{250};
constexpr milliseconds progress_log_pace{10'000};  // where each is a line that stays

}  // namespace

std::chrono::duration<double> Batch::elapsed() const { return std::chrono::steady_clock::now() - start_; }

/// What the counts are of. A file alone goes by its name without directories: the line is short.
std::string Batch::counted() const {
  if (inputs_.size() != 1) return fmt::format("{} of {} inputs", inputs_over_, inputs_.size());
  const Input& input = inputs_.front();
  const bool plain = input.path != "-" && input.parts.empty() && !input.endless();
  return plain ? fs::path(input.path).filename().string() : input_name(input);
}

/// All inputs together: those that are over and those that are at work.
Reached Batch::reached() const {
  Reached all = over_;
  double bytes = bytes_over_;
  for (const auto& job : jobs_) {
    if (!job->run) continue;
    const Reached one = job->run->reached();
    all.add(one);
    all.dropped = one.dropped;  // a live capture is the only input
    bytes += one.share.value_or(0) * job->bytes;
    if (inputs_.size() == 1) all.share = one.share;
  }
  if (inputs_.size() != 1 && bytes_of_all_ > 0) all.share = bytes / bytes_of_all_;
  return all;
}

/// SIGUSR1: all inputs in a line, then those that are at work.
void Batch::answer_with_counters() const {
  const bool alone = inputs_.size() == 1;
  if (!alone) reporter_.answer(counters_line(counted() + " done", reached(), elapsed()));
  bool working = false;
  for (const auto& job : jobs_) {
    if (!job->run) continue;
    working = true;
    reporter_.answer(job->run->counters());
  }
  if (alone && !working) reporter_.answer(counters_line(counted(), reached(), elapsed()));
}

void Batch::start_progress() {
  if (options_.progress) progress_ = std::make_unique<Progress>(reporter_);
  if (!progress_ && !has_service_manager()) return;
  for (const Input& input : inputs_) {
    std::error_code error;
    const std::uintmax_t size = fs::is_regular_file(input.path, error) ? fs::file_size(input.path, error) : 0;
    bytes_of_all_ += error ? 0 : static_cast<double>(size);
  }
  show_progress(progress_start);
}

void Batch::show_progress(milliseconds delay) {
  repaint_.after(delay, [this] {
    const std::string line = progress_line(counted(), reached(), elapsed());
    if (progress_) progress_->paint(line);
    tell_service_manager("STATUS=" + printable(line));
    show_progress(progress_ && Progress::on_terminal() ? progress_pace : progress_log_pace);
  });
}

}  // namespace flowmeter
