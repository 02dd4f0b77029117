#include "cli/opened_input.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <span>
#include <system_error>
#include <utility>

#include "base/descriptor.h"
#include "base/error.h"

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

void refuse_unless_readable(InputKind kind) {
  switch (kind) {
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
    case InputKind::packed:
      throw InputError(
          "is compressed text: decompress it on the way (zcat, zstdcat or lz4cat FILE | flowmeter -)", true);
    case InputKind::unknown:
      throw InputError(
          "is not a capture, and not what tshark -T ek, -T json or -T fields -E header=y print (a format "
          "without a mark of its own needs --read-format)",
          true, true);
    case InputKind::cut:
      throw InputError("cut short in the middle of its header");
    default:
      break;
  }
}

OpenedInput::OpenedInput(const InputContext& context, Host host)
    : context_(context),
      host_(std::move(host)),
      fragments_(context.options.after.empty() ? EarlierFragments{}
                                               : read_earlier_fragments(context.options.after)),
      feed_(make_feed(context, fragments_, host_.file_is_damaged)) {
  if (feed_) {
    fd_ = feed_->fd();
  } else {
    open_file();
  }
}

void OpenedInput::open_file() {
  const std::string& path = context_.input.path;
  if (path == "-") {
    fd_ = STDIN_FILENO;
  } else {
    file_.reset(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    fd_ = file_.get();
    if (fd_ < 0) throw InputError(std::strerror(errno), true);
  }
  struct stat status {};
  if (fstat(fd_, &status) != 0) throw InputError(std::strerror(errno), true);
  if (S_ISDIR(status.st_mode)) {
    throw InputError("is a directory (-r takes the captures below it)", true);
  }
  is_file_ = S_ISREG(status.st_mode);
  if (is_file_) begin_ = std::max<off_t>(lseek(fd_, 0, SEEK_CUR), 0);
}

void OpenedInput::find_kind() {
  if (is_file_) {
    const SniffedFile seen = sniff_file(fd_, begin_);
    set_kind(seen.kind, seen.compressed);
    return;
  }
  watcher_ = std::make_unique<FdWatcher>(context_.io, fd_);
  read_head();
}

void OpenedInput::read_head() {
  watcher_->readable([this] {
    host_.guard([this] {
      const std::size_t had = head_.size();
      head_.resize(had + sniff_bytes);
      const std::size_t count = read_some(fd_, std::span(head_).subspan(had));
      head_.resize(had + count);
      const auto piece = std::string_view(head_).substr(had);
      if (host_.bytes_read) host_.bytes_read(piece);
      head_is_all_ = count == 0;
      const auto kind = head_is_all_ ? sniffer_.finish() : sniffer_.add(piece);
      const bool told = !head_.empty() && !context_.options.tshark.read_format.empty();
      if (kind || told) {
        watcher_.reset();
        set_kind(kind.value_or(InputKind::unknown), sniffer_.compressed());
      } else {
        read_head();
      }
    });
  });
}

/// The user's word goes before what the bytes look like.
void OpenedInput::set_kind(InputKind seen, bool compressed) {
  const bool told = !context_.options.tshark.read_format.empty();
  kind_ = told && seen != InputKind::empty ? InputKind::other : seen;
  compressed_ = compressed;
  host_.kind_is_known();
}

void OpenedInput::rewind() const { lseek(fd_, begin_, SEEK_SET); }

bool OpenedInput::has_unread() const noexcept {
  int unread = 0;
  return ioctl(fd_, FIONREAD, &unread) == 0 && unread != 0;
}

std::optional<double> OpenedInput::share_read(std::optional<int> reader) const {
  struct stat status {};
  if (!is_file_ || fstat(fd_, &status) != 0 || status.st_size == 0) return std::nullopt;
  const auto position =
      reader ? position_of(*reader, context_.input.path) : static_cast<double>(lseek(fd_, 0, SEEK_CUR));
  if (!position) return std::nullopt;
  return *position / static_cast<double>(status.st_size);
}

}  // namespace flowmeter
