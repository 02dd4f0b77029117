#include "sink/file_sink.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <glob.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/error.h"

namespace flowmeter {

namespace fs = std::filesystem;

namespace {

std::string incomplete_name(const fs::path& path, unsigned number) {
  if (number == 1) return path.string() + ".incomplete";
  return fmt::format("{}.{}.incomplete", path.string(), number);
}

/// Whether the descriptor's file still has a name.
bool has_name(int fd) {
  struct stat status {};
  return fstat(fd, &status) == 0 && status.st_nlink != 0;
}

enum class Found { busy, left, removed };

/// Whoever writes an incomplete file holds its lock; the system takes the lock off when the process is gone.
Found look_at(const std::string& name) {
  const int fd = open(name.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return errno == ENOENT ? Found::removed : Found::busy;
  Found found = Found::busy;
  struct stat status {};
  if (flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) {
    found = Found::left;
    if (status.st_size == 0) found = unlink(name.c_str()) == 0 ? Found::removed : Found::busy;
  }
  close(fd);
  return found;
}

/// Takes the lock of a file that was just made. Another run may look at it for a moment; nobody who holds it
/// for longer may stop us. On a file system without locks the files of others are not told from leftovers,
/// but never touched either.
void lock(int fd) {
  constexpr int patience_ms = 1000;
  for (int waited = 0; waited < patience_ms; ++waited) {
    if (flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return;
    usleep(1000);
  }
}

}  // namespace

std::set<std::string> leftovers_of(const fs::path& path) {
  std::set<std::string> leftovers;
  std::error_code ignored;
  for (unsigned number = 1;; ++number) {
    std::string name = incomplete_name(path, number);
    if (!fs::exists(fs::symlink_status(name, ignored))) return leftovers;
    if (look_at(name) == Found::left) leftovers.insert(std::move(name));
  }
}

std::set<std::string> leftovers_like(const std::string& pattern) {
  std::set<std::string> leftovers;
  for (const char* const end : {".incomplete", ".[0-9]*.incomplete"}) {
    glob_t found{};
    if (glob((pattern + end).c_str(), 0, nullptr, &found) == 0) {
      for (std::size_t i = 0; i < found.gl_pathc; ++i) {
        if (look_at(found.gl_pathv[i]) == Found::left) leftovers.emplace(found.gl_pathv[i]);
      }
    }
    globfree(&found);
  }
  return leftovers;
}

void report_leftovers(const std::set<std::string>& leftovers, Reporter& reporter) {
  for (const std::string& name : leftovers) {
    reporter.warning(
        fmt::format("{}: rows of an earlier run that was killed or could not finish; they stay there until "
                    "you remove the file",
                    name));
  }
}

void FileSink::fail(int error) const {
  throw OutputError(fmt::format("{}: {}", path_.string(), std::strerror(error)));
}

FileSink::FileSink(fs::path path, FileKeeper keeper, Unfinished unfinished)
    : path_(std::move(path)), keeper_(keeper), unfinished_(unfinished) {
  make();
  sink_ = std::make_unique<FdSink>(fd_, path_.string());
  if (keeper_.written != nullptr) sink_->keep_digest();
}

void FileSink::make() {
  std::error_code error;
  const fs::file_status status = fs::status(path_, error);
  if (fs::exists(status) && !fs::is_regular_file(status)) {
    fd_ = open(path_.c_str(), O_WRONLY | O_CLOEXEC);
    if (fd_ < 0) fail(errno);
    return;
  }
  // A result has the rights that any new file has, or those of the file that it replaces.
  const mode_t mode = fs::exists(status) ? static_cast<mode_t>(status.permissions()) & 0777U : 0666U;
  for (unsigned number = 1; fd_ < 0;) {
    incomplete_ = incomplete_name(path_, number);
    fd_ = open(incomplete_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd_ < 0) {
      if (errno != EEXIST) fail(errno);
      if (look_at(incomplete_) != Found::removed) ++number;
      continue;
    }
    lock(fd_);
    if (has_name(fd_)) break;
    close(std::exchange(fd_, -1));  // between the two calls somebody took it for a leftover without a byte
  }
  if (fs::exists(status)) [[maybe_unused]]
    const int ignored = fchmod(fd_, mode);
}

FileSink::~FileSink() {
  if (fd_ < 0) return;
  try {
    sink_->flush();
  } catch (const std::exception&) {  // what is in the file by now is what there is
  }
  if (const std::string place = give_up(); !place.empty()) {
    keeper_.reporter.error(
        fmt::format("{}: not finished; the rows up to there are in {}", path_.string(), place));
  }
}

/// Returns the name of the file in which rows are left; empty: there is none.
std::string FileSink::give_up() {
  const int fd = std::exchange(fd_, -1);
  std::string name = std::exchange(incomplete_, {});
  const std::uint64_t size = sink_->bytes() - sink_->torn_bytes();
  kept_ = !name.empty() && unfinished_ == Unfinished::kept && sink_->whole_writes() > 1;
  if (kept_) {
    [[maybe_unused]] const int cut = ftruncate(fd, static_cast<off_t>(size));
    if (keeper_.written != nullptr) keeper_.written->push_back({name, size, "", false});
  } else if (!name.empty()) {
    unlink(name.c_str());
  }
  if (fd >= 0) close(fd);
  return kept_ ? name : std::string();
}

template <class Step>
void FileSink::attempt(Step step) {
  if (fd_ < 0) throw OutputError(fmt::format("{}: was given up", path_.string()));
  try {
    step();
  } catch (const OutputError& error) {
    const std::string place = give_up();
    if (place.empty()) throw;
    throw OutputError(fmt::format("{} (the rows up to there are in {})", error.what(), place));
  }
}

void FileSink::write(std::string_view bytes) {
  attempt([&] { sink_->write(bytes); });
}

void FileSink::flush() {
  attempt([&] { sink_->flush(); });
}

void FileSink::finish() {
  attempt([&] {
    sink_->flush();
    const int lock = fcntl(fd_, F_DUPFD_CLOEXEC, 0);  // until the file has its name
    const bool closed = close(std::exchange(fd_, -1)) == 0;
    const bool done = closed && (incomplete_.empty() || rename(incomplete_.c_str(), path_.c_str()) == 0);
    const int error = errno;
    if (lock >= 0) close(lock);
    if (!done) fail(error);
  });
  incomplete_.clear();
  if (keeper_.written != nullptr) {
    keeper_.written->push_back({path_.string(), sink_->bytes(), sink_->digest(), true});
  }
}

std::unique_ptr<ByteSink> open_sink(const fs::path& path, FileKeeper keeper, Unfinished unfinished) {
  if (path.empty() || path == "-") return std::make_unique<FdSink>(STDOUT_FILENO, "standard output");
  return std::make_unique<FileSink>(path, keeper, unfinished);
}

}  // namespace flowmeter
