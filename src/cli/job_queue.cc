#include "cli/job_queue.h"

#include <algorithm>
#include <filesystem>

namespace flowmeter {
namespace {

/// Jobs that have ended but wait for one before them are bounded by this many.
constexpr std::size_t most_waiting = 64;

}  // namespace

bool is_large(const Input& input) {
  if (input.path == "-" || !input.parts.empty() || input.endless()) return true;
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(input.path, error);
  return error || size >= worth_sharing;
}

void JobQueue::start_more() {
  while (next_ < inputs_.size() && jobs_.size() < most_waiting) {
    const Input& input = inputs_[next_];
    const auto running =
        std::count_if(jobs_.begin(), jobs_.end(), [](const auto& job) { return !job->ended; });
    const bool alone = inputs_.size() == 1 || is_large(input);
    const bool occupied = running > 0 && (alone || jobs_.back()->alone);
    if (occupied || running >= static_cast<std::ptrdiff_t>(most_)) return;
    jobs_.push_back(std::make_unique<Job>(Job{next_++, input, alone}));
    Job& job = *jobs_.back();
    start_(job);
    if (jobs_.front().get() == &job) job.output->open();
  }
}

void JobQueue::end(Job& job, const InputResult& result) {
  job.ended = true;
  job.result = result;
  job.run.reset();
  while (!jobs_.empty() && jobs_.front()->ended) {
    finish_(*jobs_.front());
    jobs_.pop_front();
    if (!jobs_.empty()) jobs_.front()->output->open();
  }
}

}  // namespace flowmeter
