#include "source/live_capture.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/capture_rights.h"
#include "base/error.h"
#include "source/tshark_errors.h"

namespace flowmeter {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kernel_delay{350};  // dumpcap has frames handed over every 250 ms
constexpr int pipe_bytes = 1 << 20;                     // takes up what comes while we are busy

std::string rights_hint(const std::string& program) {
  return fmt::format(
      "to capture without root: sudo dpkg-reconfigure wireshark-common, and join the group wireshark; or: "
      "sudo "
      "setcap cap_net_raw,cap_net_admin+eip {}",
      program);
}

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// dumpcap's first complaint, without its name and without the advice behind it.
std::string complaint(std::string_view errors) {
  constexpr std::string_view name = "dumpcap: ";
  constexpr std::string_view advice[] = {"See the User's Guide", "Please ", "Packets captured", "File: "};
  std::string words;
  while (!errors.empty()) {
    std::string_view line = errors.substr(0, errors.find('\n'));
    errors.remove_prefix(std::min(errors.size(), line.size() + 1));
    while (line.ends_with('\r')) line.remove_suffix(1);
    if (words.empty()) {
      if (!line.starts_with(name) || has(line, "cap_set_proc")) continue;
      line.remove_prefix(name.size());
    } else if (line.starts_with(name) ||
               std::any_of(std::begin(advice), std::end(advice),
                           [line](std::string_view begin) { return line.starts_with(begin); })) {
      break;
    }
    while (line.ends_with('.')) line.remove_suffix(1);
    if (line.empty()) continue;
    if (!words.empty()) words += line.starts_with('(') ? " " : ": ";
    words += line;
  }
  return words;
}

/// Frames that interfaces have lost since they are there, as libpcap counts them for dumpcap.
/// Source: linux_if_drops() in libpcap's pcap-linux.c.
std::uint64_t lost_by(const std::vector<std::string>& interfaces) {
  std::uint64_t lost = 0;
  for (const std::string& name : interfaces) {
    for (const char* const counter : {"rx_missed_errors", "rx_fifo_errors"}) {
      std::uint64_t count = 0;
      std::ifstream file(fmt::format("/sys/class/net/{}/statistics/{}", name, counter));
      if (file >> count) lost += count;
    }
  }
  return lost;
}

}  // namespace

std::string find_dumpcap(const std::string& tshark) {
  const fs::path beside = fs::path(tshark).parent_path() / "dumpcap";
  if (can_be_run(beside)) return beside;
  std::string program = program_in_path("dumpcap");
  if (!program.empty()) return program;
  std::error_code ignored;
  if (fs::exists(beside, ignored)) {  // Debian lets only the group wireshark run it
    throw UsageError(fmt::format("{}: no permission to run it; {}", beside.string(), rights_hint(beside)));
  }
  throw UsageError("dumpcap: not found in PATH; -i needs it (Debian: wireshark-common)");
}

Command dumpcap_command(const std::string& program, const LiveOptions& options) {
  Command command{program, {"-q"}, private_environment()};
  std::vector<std::string>& arguments = command.arguments;
  const auto add = [&arguments](const char* option, std::string value) {
    arguments.emplace_back(option);
    arguments.push_back(std::move(value));
  };
  // In front of the first interface they hold for all of them.
  if (!options.filter.empty()) add("-f", options.filter);
  if (options.snaplen) add("-s", std::to_string(*options.snaplen));
  add("-B", std::to_string(options.buffer_mib));
  if (!options.promiscuous) arguments.emplace_back("-p");
  for (const std::string& interface : options.interfaces) add("-i", interface);
  if (options.frames != 0) add("-c", std::to_string(options.frames));
  add("-w", "-");
  command.captures = true;
  return command;
}

std::string explain_dumpcap(const std::string& program, const ChildExit& how, std::string_view errors) {
  if (how.signal != 0) {
    return fmt::format("dumpcap was killed by signal {} ({})", how.signal, strsignal(how.signal));
  }
  if (has(errors, "ermission to capture") || has(errors, "Operation not permitted)")) {
    return fmt::format("no permission to capture; {}", rights_hint(program));
  }
  std::string words = complaint(errors);
  if (has(errors, "no device named") || has(errors, "No such device")) words += "; see --list-interfaces";
  return words.empty() ? fmt::format("dumpcap failed (status {})", how.status) : words;
}

LiveCapture::LiveCapture(EventLoop& io, std::string dumpcap, const LiveOptions& options)
    : program_(std::move(dumpcap)),
      interfaces_(options.interfaces),
      lost_before_(lost_by(interfaces_)),
      pipe_(make_pipe(pipe_bytes)),
      child_(dumpcap_command(program_, options), Child::Input::none, -1, pipe_.write.get()),
      errors_(io, child_, [this] { over(); }),
      last_(io) {
  give_up_capture_rights();
}

/// dumpcap names its output once it has opened all interfaces.
bool LiveCapture::begun() const { return has(child_.errors(), "File: "); }

std::optional<std::uint64_t> LiveCapture::dropped() const {
  const std::uint64_t lost = lost_by(interfaces_);
  return lost > lost_before_ ? lost - lost_before_ : 0;
}

/// dumpcap, when it is told to end, leaves what the kernel has not handed over yet.
void LiveCapture::end() {
  last_.after(kernel_delay, [this] { child_.signal(SIGINT); });
}

/// dumpcap has closed its standard error.
void LiveCapture::over() {
  const ChildExit how = child_.wait_for_end();
  counts_ = parse_counts(child_.errors());
  // When its interface goes away it says so, and takes that for a regular end.
  const bool well = how.signal == 0 && how.status == 0 && complaint(child_.errors()).empty();
  if (!well) failure_ = explain_dumpcap(program_, how, child_.errors());
  pipe_.write.reset();
}

}  // namespace flowmeter
