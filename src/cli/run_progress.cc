#include "cli/run.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>

namespace flowmeter {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds progress_start{1000};  // a short run shows nothing
constexpr milliseconds progress_pace{250};
constexpr milliseconds progress_log_pace{10'000};  // where each is a line that stays

}  // namespace

std::string Run::counters() const {
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start_;
  const FlowCounters& flows = meter_->counters();
  std::string text =
      fmt::format("{}: {} frames, {} flows open, {} written, {:.1f} s", name_,
                  source_ || fleet_ ? frames() : 0, flows.open_flows(), flows.ended_flows(), elapsed.count());
  if (fleet_) text += fmt::format(", {} frames in {} tsharks", fleet_->in_flight(), fleet_->living());
  return text;
}

void Run::start_progress() {
  if (!options_.progress || !alone_ || (!source_ && !fleet_)) return;
  // The line is short: a file goes by its name alone.
  const std::string name = input_ == "-" || feed_ ? name_ : std::filesystem::path(input_).filename().string();
  progress_ = std::make_unique<Progress>(name, meter_->counters(), reporter_, [this] { return share(); });
  if (source_) source_->attach(*progress_);
  if (fleet_) fleet_->attach(*progress_);
  schedule_repaint(progress_start);
}

void Run::schedule_repaint(milliseconds delay) {
  repaint_.after(delay, [this] {
    if (finished_ || ended_) return;
    progress_->paint();
    schedule_repaint(Progress::on_terminal() ? progress_pace : progress_log_pace);
  });
}

/// How much of a file was read, by us or by tshark.
std::optional<double> Run::share() const {
  struct stat status {};
  if (!seekable_ || fstat(fd_, &status) != 0 || status.st_size == 0) return std::nullopt;
  const auto size = static_cast<double>(status.st_size);
  if (!child_ || fleet_ || input_ == "-" || pump_in_)
    return static_cast<double>(lseek(fd_, 0, SEEK_CUR)) / size;
  // tshark's own descriptor of the file, as far as the system shows it.
  const std::string process = fmt::format("/proc/{}", child_->pid());
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(process + "/fd", error)) {
    if (!std::filesystem::equivalent(entry.path(), input_, error)) continue;
    std::ifstream info(fmt::format("{}/fdinfo/{}", process, entry.path().filename().string()));
    std::string word;
    double position = 0;
    if (info >> word >> position && word == "pos:") return position / size;
  }
  return std::nullopt;
}

}  // namespace flowmeter
