#include "cli/run.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>

namespace flowmeter {
namespace {

/// How far a process has read a file, as far as the system shows it: its own descriptor's position.
std::optional<double> position_of(int pid, const std::string& file) {
  const std::string process = fmt::format("/proc/{}", pid);
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(process + "/fd", error)) {
    if (!std::filesystem::equivalent(entry.path(), file, error)) continue;
    std::ifstream info(fmt::format("{}/fdinfo/{}", process, entry.path().filename().string()));
    std::string word;
    double position = 0;
    if (info >> word >> position && word == "pos:") return position;
  }
  return std::nullopt;
}

}  // namespace

Reached Run::reached() const {
  const FlowCounters& flows = meter_->counters();
  Reached reached{source_ || fleet_ ? frames() : 0, flows.open_flows(), flows.ended_flows()};
  if (!finished_) reached.share = share();
  if (feed_) reached.dropped = feed_->dropped();
  return reached;
}

std::string Run::counters() const {
  std::string text = counters_line(name_, reached(), std::chrono::steady_clock::now() - start_);
  if (fleet_) text += fmt::format(", {} frames in {} tsharks", fleet_->in_flight(), fleet_->living());
  return text;
}

/// How much of a file was read, by us or by tshark.
std::optional<double> Run::share() const {
  struct stat status {};
  if (!seekable_ || fstat(fd_, &status) != 0 || status.st_size == 0) return std::nullopt;
  const bool by_tshark = child_ && !fleet_ && input_ != "-" && !pump_in_;
  const auto position =
      by_tshark ? position_of(child_->pid(), input_) : static_cast<double>(lseek(fd_, 0, SEEK_CUR));
  if (!position) return std::nullopt;
  return *position / static_cast<double>(status.st_size);
}

}  // namespace flowmeter
