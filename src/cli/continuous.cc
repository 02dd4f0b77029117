#include "cli/continuous.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <optional>
#include <tuple>

#include "base/descriptor.h"
#include "base/error.h"
#include "base/parse.h"
#include "capture/first_frame.h"
#include "source/child.h"
#include "source/input_sniffer.h"

namespace flowmeter {
namespace {

constexpr std::size_t piece_bytes = std::size_t{64} << 10;

/// What is found at the beginning of a file.
struct Beginning {
  bool capture = true;
  std::optional<std::int64_t> first_ns;  // time of the first frame; none: there is none
};

/// What tshark says of the first frame; it knows more formats than our own reader.
Beginning ask_tshark(const std::string& tshark, const std::string& file) {
  const std::vector<std::string> arguments = {
      "-n", "-r", file, "-c", "1", "-T", "fields", "-e", "frame.time_epoch"};
  Child child({tshark, arguments, private_environment()}, Child::Input::none);
  std::string text(piece_bytes, '\0');
  std::size_t size = 0;
  while (const std::size_t count = read_some(child.out().get(), std::span(text).subspan(size))) size += count;
  const ChildExit how = child.wait_for_end();
  text.resize(size);
  const auto time = parse_time(std::string_view(text).substr(0, text.find('\n')));
  if (time) return {true, *time};
  return {how.signal == 0 && how.status == 0, std::nullopt};
}

InputKind kind_of(int fd, const Input& input) {
  try {
    return sniff_file(fd).kind;
  } catch (const InputError& error) {
    throw UsageError(fmt::format("{}: {}", input.path, error.what()));
  }
}

/// Whether it can only be metered as it is: standard input or another pipe, and tshark's text, in which
/// several outputs may stand one after the other.
bool is_one_already(const Input& input) {
  if (input.path == "-") return true;
  std::error_code error;
  if (!std::filesystem::is_regular_file(input.path, error)) return std::filesystem::exists(input.path, error);
  const Descriptor file(open(input.path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return false;
  const InputKind kind = kind_of(file.get(), input);
  return kind != InputKind::cut && !is_capture(kind);
}

/// Throws UsageError for what can be no part of a continuous capture.
Beginning begin_of(const Input& input, const std::string& tshark) {
  const auto refuse = [&](const std::string& why) -> Beginning {
    if (input.found) return {false, std::nullopt};
    throw UsageError(fmt::format("{}: {}", input.path, why));
  };
  if (input.path == "-") throw UsageError("--continuous takes standard input alone, or files");
  const Descriptor file(open(input.path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) throw UsageError(fmt::format("{}: {}", input.path, std::strerror(errno)));
  const InputKind kind = kind_of(file.get(), input);
  if (kind == InputKind::empty) return {false, std::nullopt};
  if (kind == InputKind::cut)
    throw UsageError(fmt::format("{}: cut short in the middle of its header", input.path));
  if (kind == InputKind::ek || kind == InputKind::json || kind == InputKind::fields) {
    return refuse("--continuous takes captures, or a single text (cat puts several into one)");
  }
  if (!is_capture(kind)) return refuse("is not a capture, and --continuous takes captures only");
  if (kind == InputKind::capture) {
    const FirstFrame first(file.get());
    if (first.understood()) return {true, first.time_ns()};
  }
  const Beginning beginning = ask_tshark(tshark, input.path);
  return beginning.capture ? beginning : refuse("is not a capture that tshark knows");
}

struct Part {
  const Input* input;
  std::optional<std::int64_t> first_ns;
};

void sort(std::vector<Part>& parts) {
  std::sort(parts.begin(), parts.end(), [](const Part& a, const Part& b) {
    return std::tie(a.first_ns, a.input->path) < std::tie(b.first_ns, b.input->path);
  });
}

}  // namespace

Input one_after_the_other(const std::vector<Input>& inputs, const std::string& tshark, Reporter& reporter) {
  if (inputs.size() == 1 && is_one_already(inputs.front())) return inputs.front();
  std::vector<Part> parts;
  for (const Input& input : inputs) {
    const Beginning beginning = begin_of(input, tshark);
    if (beginning.capture) {
      parts.push_back({&input, beginning.first_ns});
    } else {
      reporter.note(fmt::format("{}: has no frames and was left out", input.path));
    }
  }
  if (parts.empty()) throw UsageError("no captures among the inputs");
  sort(parts);
  Input whole = *parts.front().input;
  for (const Part& part : parts) whole.parts.push_back(part.input->path);
  return whole;
}

std::vector<std::string> captures_in_order(const std::vector<std::string>& files, const std::string& tshark,
                                           Reporter& reporter) {
  std::vector<Input> inputs;
  inputs.reserve(files.size());
  for (const std::string& file : files) inputs.push_back({file, file, true});
  std::vector<Part> parts;
  for (const Input& input : inputs) {
    try {
      const Beginning beginning = begin_of(input, tshark);
      if (beginning.capture) {
        parts.push_back({&input, beginning.first_ns});
      } else {
        reporter.note(fmt::format("{}: is not a capture and was left out", input.path));
      }
    } catch (const UsageError& error) {
      reporter.warning(error.what());
    }
  }
  sort(parts);
  std::vector<std::string> order;
  for (const Part& part : parts) order.push_back(part.input->path);
  return order;
}

}  // namespace flowmeter
