#include "cli/run.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/service_manager.h"
#include "capture/fragment_copy.h"
#include "cli/continuous.h"
#include "sink/fd_sink.h"
#include "source/capture_chain.h"
#include "source/followed_file.h"
#include "source/live_capture.h"
#include "source/watched_directory.h"

namespace flowmeter {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds live_pace{100};  // at which the wall clock is told
constexpr const char* cut_in_header = "cut short in the middle of its header";

}  // namespace

void Run::open() {
  if (!options_.after.empty()) look_before();
  if (fragments_ || given_.endless() || !given_.parts.empty()) {
    start_feed();
    fd_ = feed_->fd();
    if (feed_->begun()) tell_service_manager("READY=1");
    return;
  }
  if (input_ == "-") {
    fd_ = STDIN_FILENO;
  } else {
    file_.reset(::open(input_.c_str(), O_RDONLY | O_CLOEXEC));
    fd_ = file_.get();
    if (fd_ < 0) throw InputError(std::strerror(errno), true);
  }
  struct stat status {};
  if (fstat(fd_, &status) != 0) throw InputError(std::strerror(errno), true);
  if (S_ISDIR(status.st_mode)) {
    throw InputError("is a directory (-r takes the captures below it)", true);
  }
  tell_service_manager("READY=1");
  seekable_ = S_ISREG(status.st_mode);
  if (seekable_) begin_ = std::max<off_t>(lseek(fd_, 0, SEEK_CUR), 0);
}

/// A datagram may have begun in the capture before: what there is of its parts is shown to tshark first.
void Run::look_before() {
  const Descriptor before(::open(options_.after.c_str(), O_RDONLY | O_CLOEXEC));
  Descriptor copy(memfd_create("fragments", MFD_CLOEXEC));
  if (copy.get() < 0) throw InputError(std::strerror(errno), true);
  FdSink sink(copy.get(), "memory");
  try {
    if (before.get() < 0) throw InputError(std::strerror(errno), true);
    frames_before_ = copy_fragments(before.get(), [&sink](std::string_view bytes) { sink.write(bytes); });
  } catch (const InputError& error) {
    throw InputError(fmt::format("--after {}: {}", options_.after, error.what()), true);
  }
  sink.finish();
  if (frames_before_ != 0) fragments_.emplace(std::move(copy));
}

/// Starts what fills the pipe that is read, and the clocks of an input that goes on.
void Run::start_feed() {
  if (given_.origin == InputOrigin::file) {
    std::vector<std::string> files = given_.parts;
    if (files.empty()) files.push_back(input_);
    if (fragments_) {
      files.insert(files.begin(), fmt::format("/proc/{}/fd/{}", getpid(), fragments_->get()));
    }
    feed_ = std::make_unique<CaptureChain>(io_, files);
    return;
  }
  if (given_.origin == InputOrigin::growing) {
    feed_ = std::make_unique<FollowedFile>(io_, input_);
  } else if (given_.origin == InputOrigin::directory) {
    const auto in_order = [this](const std::vector<std::string>& files) {
      return captures_in_order(files, setup_.get().tshark.program, reporter_);
    };
    feed_ = std::make_unique<WatchedDirectory>(io_, input_, in_order, [this](const std::string& why) {
      reporter_.warning(why);
      result_.status = ExitStatus::damaged;
    });
  } else {
    feed_ = std::make_unique<LiveCapture>(io_, find_dumpcap(setup_.get().tshark.program), options_.live);
    clock_ = std::make_unique<LiveClock>();
    tell_time();
  }
  if (!options_.duration) return;
  stop_at_.after(std::chrono::duration_cast<std::chrono::steady_clock::duration>(*options_.duration), [this] {
    stopped_ = true;
    feed_->end();
  });
}

/// On a silent wire no frame says that a flow is over; the wall clock does.
void Run::tell_time() {
  live_tick_.after(live_pace, [this] {
    guarded([&] {
      if (!begun_ && feed_->begun()) {
        begun_ = true;
        tell_service_manager("READY=1");
      }
      if (const auto now = clock_->now(); now && !in_flight() && !ended_) {
        if (fleet_) fleet_->pass_time(*now);
        if (source_) source_->pass_time(*now);
        sink_.flush();
      }
      tell_time();
    });
  });
}

/// Whether frames are on their way to us, as far as one can see.
bool Run::in_flight() const {
  int waiting = 0;
  if (ioctl(fd_, FIONREAD, &waiting) == 0 && waiting != 0) return true;
  if (fleet_) return fleet_->in_flight() != 0;
  if (pump_done_ < pump_buffer_.size()) return true;
  return child_ && child_->in().get() >= 0 && ioctl(child_->in().get(), FIONREAD, &waiting) == 0 &&
         waiting != 0;
}

/// Reads until the input's kind is known, then starts.
void Run::sniff_head() {
  if (seekable_) {
    const SniffedFile seen = sniff_file(fd_, begin_);
    compressed_ = seen.compressed;
    start(kind_of(seen.kind));
    return;
  }
  if (!output_) output_ = std::make_unique<FdWatcher>(io_, fd_);
  output_->readable([this] {
    guarded([&] {
      const std::size_t had = head_.size();
      head_.resize(had + sniff_bytes);
      const std::size_t count = read_some(fd_, std::span(head_).subspan(had));
      head_.resize(had + count);
      const auto piece = std::string_view(head_).substr(had);
      take(piece);
      head_is_all_ = count == 0;
      const auto kind = head_is_all_ ? sniffer_.finish() : sniffer_.add(piece);
      const bool told = !head_.empty() && !options_.tshark.read_format.empty();
      if (kind || told) {
        compressed_ = sniffer_.compressed();
        start(kind_of(kind.value_or(InputKind::unknown)));
      } else {
        sniff_head();
      }
    });
  });
}

/// The user's word goes before what the bytes look like.
InputKind Run::kind_of(InputKind seen) const {
  const bool told = !options_.tshark.read_format.empty();
  return told && seen != InputKind::empty ? InputKind::other : seen;
}

/// A part tells what it is of.
void Run::begin_part(InputKind kind) {
  if (kind == InputKind::cut) throw InputError(cut_in_header, true);
  if (kind != InputKind::empty && !is_capture(kind)) {
    throw InputError("is not a capture; parts are made of captures only", true);
  }
  const std::vector<std::string> whole = {input_};
  meter_->begin(
      {to_string(setup_.get().tshark.version), given_.parts.empty() ? whole : given_.parts, frames_before_});
}

void Run::start(InputKind kind) {
  kind_ = kind;
  if (options_.partial) begin_part(kind);
  switch (kind) {
    case InputKind::empty:
      if (feed_ && !feed_->failure().empty()) throw InputError(feed_failure(), true);
      finish(EndOfInput::complete);
      return;
    case InputKind::xml:
      throw InputError("is XML (PDML or PSML?), which is not read; make it with: tshark -r FILE -T ek", true);
    case InputKind::utf16:
      throw InputError("is UTF-16 text, as Windows shells write it; redirect tshark's output as bytes", true);
    case InputKind::headerless:
      throw InputError("looks like values of tshark -T fields without their names; add -E header=y", true);
    case InputKind::separated:
      throw InputError(
          "has tshark's field names, but not bare and between tabs (leave -E separator and -E quote out)",
          true);
    case InputKind::ek:
    case InputKind::json:
    case InputKind::fields:
      start_text(kind);
      break;
    case InputKind::packed:
      throw InputError(
          "is compressed text: decompress it on the way (zcat, zstdcat or lz4cat FILE | flowmeter -)", true);
    case InputKind::unknown:
      throw InputError(
          "is not a capture, and not what tshark -T ek, -T json or -T fields -E header=y print (a format "
          "without a mark of its own needs --read-format)",
          true, true);
    case InputKind::cut:
      throw InputError(cut_in_header);
    case InputKind::capture:
    case InputKind::other:
      start_tshark(kind);
      break;
  }
}

}  // namespace flowmeter
