#include "cli/batch_progress.h"

#include <fmt/format.h>

#include <filesystem>
#include <numeric>

#include "base/service_manager.h"

namespace flowmeter {

namespace fs = std::filesystem;

namespace {

using std::chrono::milliseconds;

constexpr milliseconds progress_start{1000};  // a short run shows nothing
constexpr milliseconds progress_pace{250};
constexpr milliseconds progress_log_pace{10'000};  // where each is a line that stays

double bytes_of(const Input& input) {
  std::error_code error;
  const std::uintmax_t size = fs::is_regular_file(input.path, error) ? fs::file_size(input.path, error) : 0;
  return error ? 0 : static_cast<double>(size);
}

}  // namespace

BatchProgress::BatchProgress(EventLoop& io, const std::vector<Input>& inputs, const JobQueue& queue,
                             Reporter& reporter, bool painted)
    : inputs_(inputs),
      queue_(queue),
      reporter_(reporter),
      line_(painted ? std::make_unique<Progress>(reporter) : nullptr),
      repaint_(io) {}

std::chrono::duration<double> BatchProgress::elapsed() const {
  return std::chrono::steady_clock::now() - start_;
}

/// What the counts are of. A file alone goes by its name without directories: the line is short.
std::string BatchProgress::counted() const {
  if (inputs_.size() != 1) return fmt::format("{} of {} inputs", inputs_ended_, inputs_.size());
  const Input& input = inputs_.front();
  const bool plain = input.path != "-" && input.parts.empty() && !input.endless();
  return plain ? fs::path(input.path).filename().string() : input_name(input);
}

/// All inputs together: those that have ended and those that are at work.
Reached BatchProgress::reached() const {
  Reached all = ended_;
  double bytes = bytes_ended_;
  for (const auto& job : queue_.jobs()) {
    if (!job->run) continue;
    const Reached one = job->run->reached();
    all.add(one);
    all.dropped = one.dropped;  // a live capture is the only input
    if (!bytes_.empty()) bytes += one.share.value_or(0) * bytes_[job->number];
    if (inputs_.size() == 1) all.share = one.share;
  }
  if (inputs_.size() != 1 && bytes_of_all_ > 0) all.share = bytes / bytes_of_all_;
  return all;
}

void BatchProgress::count(const Job& job) {
  ++inputs_ended_;
  ended_.add(job.run->reached());
  if (!bytes_.empty()) bytes_ended_ += bytes_[job.number];
}

void BatchProgress::answer() const {
  const bool alone = inputs_.size() == 1;
  if (!alone) reporter_.answer(counters_line(counted() + " done", reached(), elapsed()));
  bool working = false;
  for (const auto& job : queue_.jobs()) {
    if (!job->run) continue;
    working = true;
    reporter_.answer(job->run->counters());
  }
  if (alone && !working) reporter_.answer(counters_line(counted(), reached(), elapsed()));
}

void BatchProgress::start() {
  if (!line_ && !has_service_manager()) return;
  for (const Input& input : inputs_) bytes_.push_back(bytes_of(input));
  bytes_of_all_ = std::accumulate(bytes_.begin(), bytes_.end(), 0.0);
  repaint(progress_start);
}

void BatchProgress::repaint(milliseconds delay) {
  repaint_.after(delay, [this] {
    const std::string line = progress_line(counted(), reached(), elapsed());
    if (line_) line_->paint(line);
    tell_service_manager("STATUS=" + printable(line));
    repaint(line_ && Progress::on_terminal() ? progress_pace : progress_log_pace);
  });
}

}  // namespace flowmeter
