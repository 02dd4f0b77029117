#include "observer/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

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

}  // namespace

Progress::Progress(std::string name, const FlowCounters& counters, Reporter& reporter,
                   std::function<std::optional<double>()> share, bool terminal)
    : name_(std::move(name)),
      counters_(counters),
      reporter_(reporter),
      share_(std::move(share)),
      terminal_(terminal) {}

Progress::~Progress() { erase(); }

bool Progress::on_terminal() { return isatty(STDERR_FILENO) != 0; }

std::string Progress::line() const {
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start_;
  const double rate = static_cast<double>(frames_) / std::max(elapsed.count(), 1e-3);
  std::string text = fmt::format("{}: {} packets, {}/s, flows: {} open, {} written", name_, grouped(frames_),
                                 grouped(static_cast<std::uint64_t>(rate)), grouped(counters_.open_flows()),
                                 grouped(counters_.ended_flows()));
  const auto share = share_ ? share_() : std::nullopt;
  if (share && *share > 0 && *share <= 1) {
    text += fmt::format(", {:.0f} %", *share * 100);
    if (elapsed.count() > 1) {
      text += fmt::format(", {} left", clock_time(elapsed.count() * (1 - *share) / *share));
    }
  }
  return text;
}

void Progress::paint() {
  std::string text = printable(line());
  if (!terminal_) {
    text += '\n';
    std::fwrite(text.data(), 1, text.size(), stderr);
    return;
  }
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
  std::fwrite(erase_line.data(), 1, erase_line.size(), stderr);
}

}  // namespace flowmeter
