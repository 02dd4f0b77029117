#include "cli/input_feed.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "base/error.h"
#include "capture/fragment_copy.h"
#include "cli/continuous.h"
#include "sink/fd_sink.h"
#include "source/capture_chain.h"
#include "source/followed_file.h"
#include "source/live_capture.h"
#include "source/watched_directory.h"

namespace flowmeter {

EarlierFragments read_earlier_fragments(const std::string& path) {
  const Descriptor before(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  EarlierFragments fragments{Descriptor(memfd_create("fragments", MFD_CLOEXEC))};
  if (fragments.capture.get() < 0) throw InputError(std::strerror(errno), true);
  FdSink sink(fragments.capture.get(), "memory");
  try {
    if (before.get() < 0) throw InputError(std::strerror(errno), true);
    fragments.frames = copy_fragments(before.get(), [&sink](std::string_view bytes) { sink.write(bytes); });
  } catch (const InputError& error) {
    throw InputError(fmt::format("--after {}: {}", path, error.what()), true);
  }
  sink.finish();
  if (fragments.frames == 0) fragments.capture.reset();
  return fragments;
}

std::unique_ptr<CaptureFeed> make_feed(const InputContext& context, const EarlierFragments& fragments,
                                       std::function<void(const std::string& why)> damaged) {
  const Input& input = context.input;
  switch (input.origin) {
    case InputOrigin::growing:
      return std::make_unique<FollowedFile>(context.io, input.path);
    case InputOrigin::directory:
      return std::make_unique<WatchedDirectory>(
          context.io, input.path,
          [&context](const std::vector<std::string>& files) {
            return captures_in_order(files, context.setup.get().tshark.program, context.reporter);
          },
          std::move(damaged));
    case InputOrigin::interface:
      return std::make_unique<LiveCapture>(context.io, find_dumpcap(context.setup.get().tshark.program),
                                           context.options.live);
    case InputOrigin::file:
      break;
  }
  std::vector<std::string> files = input.parts;
  if (fragments.frames != 0) {
    if (files.empty()) files.push_back(input.path);
    files.insert(files.begin(), fmt::format("/proc/{}/fd/{}", getpid(), fragments.capture.get()));
  }
  if (files.empty()) return nullptr;
  return std::make_unique<CaptureChain>(context.io, files);
}

}  // namespace flowmeter
