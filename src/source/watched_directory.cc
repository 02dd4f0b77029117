#include "source/watched_directory.h"

#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "base/error.h"

namespace flowmeter {
namespace {

namespace fs = std::filesystem;

enum class Writing { yes, no, unknown };

/// A lease for reading is given only on a file that nobody has open for writing.
Writing is_being_written(const fs::path& path) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) return Writing::unknown;
  if (fcntl(file.get(), F_SETLEASE, F_RDLCK) == 0) {
    fcntl(file.get(), F_SETLEASE, F_UNLCK);
    return Writing::no;
  }
  return errno == EAGAIN ? Writing::yes : Writing::unknown;
}

bool may_count(std::string_view name) { return !name.empty() && name.front() != '.'; }

}  // namespace

WatchedDirectory::WatchedDirectory(EventLoop& io, std::string path, InOrder in_order,
                                   CaptureChain::Damaged damaged)
    : path_(std::move(path)),
      in_order_(std::move(in_order)),
      chain_(io, std::move(damaged)),
      events_(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
  const int watch =
      inotify_add_watch(events_.get(), path_.c_str(),
                        IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE | IN_MOVED_FROM | IN_ONLYDIR);
  if (watch < 0) throw InputError(std::strerror(errno), true);
  waiter_ = std::make_unique<FdWatcher>(io, events_.get());
  scan();
  listen();
}

/// Takes the files that are there and not known yet.
void WatchedDirectory::scan() {
  std::vector<std::string> complete;
  fs::file_time_type newest = fs::file_time_type::min();
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(path_, error)) {
    const std::string name = entry.path().filename().string();
    std::error_code ignored;
    if (!may_count(name) || !entry.is_regular_file(ignored) || known_.contains(name)) continue;
    const Writing writing = is_being_written(entry.path());
    known_[name] = writing == Writing::yes ? Identity{} : identity_of(name);
    if (writing == Writing::yes) continue;
    complete.push_back(entry.path().string());
    const auto time = entry.last_write_time(ignored);
    if (writing == Writing::unknown && time > newest) {
      newest = time;
      unsure_ = name;
    }
  }
  if (!unsure_.empty()) {
    std::erase(complete, (fs::path(path_) / unsure_).string());
    known_[unsure_] = {};
  }
  for (std::string& file : in_order_(complete)) chain_.add(std::move(file));
}

WatchedDirectory::Identity WatchedDirectory::identity_of(const std::string& name) const {
  struct stat status {};
  if (stat((fs::path(path_) / name).c_str(), &status) != 0) return {};
  return {status.st_ino, status.st_size, status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec};
}

void WatchedDirectory::listen() {
  waiter_->readable([this] {
    take_events();
    listen();
  });
}

void WatchedDirectory::take_events() {
  alignas(inotify_event) std::array<char, 16 << 10> buffer;
  while (true) {
    const ssize_t size = read(events_.get(), buffer.data(), buffer.size());
    if (size <= 0) return;
    for (const char* at = buffer.data(); at < buffer.data() + size;) {
      const auto& event = *reinterpret_cast<const inotify_event*>(at);
      at += sizeof event + event.len;
      if ((event.mask & IN_Q_OVERFLOW) != 0) scan();
      const std::string name = event.len != 0 ? event.name : "";
      if (!may_count(name) || (event.mask & IN_ISDIR) != 0) continue;
      if ((event.mask & (IN_DELETE | IN_MOVED_FROM)) != 0) {
        known_.erase(name);
        if (name == unsure_) unsure_.clear();
      } else if ((event.mask & IN_CREATE) != 0) {
        known_.emplace(name, Identity{});
        if (!unsure_.empty() && name != unsure_) complete(unsure_);
      } else {
        complete(name);
      }
    }
  }
}

// By value: it may be the name that is cleared here. NOLINTNEXTLINE(performance-unnecessary-value-param)
void WatchedDirectory::complete(std::string name) {
  const std::string path = (fs::path(path_) / name).string();
  if (name == unsure_) unsure_.clear();
  // Events of a file may come after it was found by a scan.
  const Identity identity = identity_of(name);
  if (std::exchange(known_[name], identity) == identity) return;
  for (std::string& file : in_order_({path})) chain_.add(std::move(file));
}

void WatchedDirectory::end() {
  take_events();
  waiter_.reset();
  chain_.end();
}

}  // namespace flowmeter
