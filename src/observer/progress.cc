#include "observer/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace flowmeter {
namespace {

constexpr std::string_view erase_line = "\r\x1b[K";

/// 12345678 as 12,345,678.
std::string grouped(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3;) {
    at -= 3;
    text.insert(at, 1, ',');
  }
  return text;
}

std::string clock_time(double seconds) {
  const auto whole = static_cast<std::uint64_t>(seconds);
  if (whole >= 3600) {
    return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
  }
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

std::size_t terminal_width() {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1) return size.ws_col;
  return 80;
}

/// Whether the terminal is another job's: we are in the background.
bool in_background() {
  const pid_t job = tcgetpgrp(STDERR_FILENO);
  return job > 0 && job != getpgrp();
}

}  // namespace

void Reached::add(const Reached& other) noexcept {
  frames += other.frames;
  open_flows += other.open_flows;
  ended_flows += other.ended_flows;
}

std::string progress_line(const std::string& name, const Reached& reached,
                          std::chrono::duration<double> elapsed) {
  const double rate = static_cast<double>(reached.frames) / std::max(elapsed.count(), 1e-3);
  std::string text = fmt::format("{}: {} packets, {}/s, flows: {} open, {} written", name,
                                 grouped(reached.frames), grouped(static_cast<std::uint64_t>(rate)),
                                 grouped(reached.open_flows), grouped(reached.ended_flows));
  if (reached.dropped) text += fmt::format(", {} dropped by the interface", grouped(*reached.dropped));
  if (const auto share = reached.share; share && *share > 0 && *share <= 1) {
    text += fmt::format(", {:.0f} %", *share * 100);
    if (elapsed.count() > 1) {
      text += fmt::format(", {} left", clock_time(elapsed.count() * (1 - *share) / *share));
    }
  }
  return text;
}

std::string counters_line(const std::string& name, const Reached& reached,
                          std::chrono::duration<double> elapsed) {
  std::string text = fmt::format("{}: {} frames, {} flows open, {} written, {:.1f} s", name, reached.frames,
                                 reached.open_flows, reached.ended_flows, elapsed.count());
  if (reached.dropped) text += fmt::format(", {} frames dropped by the interface", *reached.dropped);
  return text;
}

bool Progress::on_terminal() { return isatty(STDERR_FILENO) != 0; }

void Progress::paint(const std::string& line) {
  std::string text = printable(line);
  if (!terminal_) {
    text += '\n';
    std::fwrite(text.data(), 1, text.size(), stderr);
    return;
  }
  if (in_background()) return;
  const std::size_t width = terminal_width() - 1;
  if (text.size() > width) text.resize(width);
  const std::string out = fmt::format("{}{}", erase_line, text);
  std::fwrite(out.data(), 1, out.size(), stderr);
  painted_ = true;
  reporter_.set_eraser(erase_line);
}

void Progress::erase() {
  if (!painted_) return;
  painted_ = false;
  reporter_.set_eraser("");
  if (in_background()) return;  // the shell has made its own line by now
  std::fwrite(erase_line.data(), 1, erase_line.size(), stderr);
}

}  // namespace flowmeter
