#include "source/file_cache.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <memory>
#include <thread>

#include "base/descriptor.h"

namespace flowmeter {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// To be raised when entries come to mean something else.
constexpr int format = 1;

constexpr const char* manifest_name = "manifest";
constexpr std::string_view new_prefix = ".new-", old_prefix = ".old-";

constexpr std::size_t most_files = 16;
constexpr off_t most_bytes = 16 << 20;  // of a file
constexpr auto lock_patience = 1s;

constexpr std::time_t day = 24 * 60 * 60;
constexpr std::time_t entry_life = 30 * day;
constexpr int most_removals = 8;

/// FNV-1a in 64 bits, http://www.isthe.com/chongo/tech/comp/fnv/.
std::uint64_t digest(std::string_view text) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

std::string entry_name(std::string_view kind, std::string_view key) {
  return fmt::format("{}-{:016x}", kind, digest(key));
}

bool is_entry_name(std::string_view name) {
  const std::size_t dash = name.find('-');
  return dash != 0 && dash != std::string_view::npos && name.size() == dash + 17 &&
         name.find_first_not_of("0123456789abcdef", dash + 1) == std::string_view::npos;
}

/// What the manifest of an entry says.
std::string manifest(std::string_view name, std::string_view key, const FileTexts& files) {
  std::string text = fmt::format("flowmeter cache, format {}\nentry {}\n", format, name);
  for (const auto& [file, content] : files) {
    text += fmt::format("file {:016x} {} {}\n", digest(content), content.size(), file);
  }
  return text.append("key\n").append(key).append("\nend\n");
}

bool is_ours(const struct stat& status) noexcept {
  return status.st_uid == geteuid() && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/// Opens a directory that is ours alone to write; its last name must not be a symbolic link.
Descriptor open_directory(int parent, const char* name) {
  Descriptor fd(openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat status;
  if (fd.get() >= 0 && (fstat(fd.get(), &status) != 0 || !is_ours(status))) fd.reset();
  return fd;
}

std::optional<std::string> read_file(int directory, const char* name) {
  // Opening a FIFO would wait for its writer.
  const Descriptor fd(openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat status;
  if (fd.get() < 0 || fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode) || !is_ours(status) ||
      status.st_size > most_bytes) {
    return std::nullopt;
  }
  std::string text(static_cast<std::size_t>(status.st_size), '\0');
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t count = read(fd.get(), text.data() + done, text.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return std::nullopt;
    done += static_cast<std::size_t>(count);
  }
  return text;
}

/// All files of a directory; nothing if there is anything else, or too much.
std::optional<FileTexts> read_files(const Descriptor& directory) {
  Descriptor own(openat(directory.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(fdopendir(own.get()), closedir);
  if (!listing) return std::nullopt;
  [[maybe_unused]] const int listed = own.release();
  FileTexts files;
  while (const dirent* const item = readdir(listing.get())) {
    const std::string name = item->d_name;
    if (name == "." || name == "..") continue;
    std::optional<std::string> text = read_file(directory.get(), name.c_str());
    if (!text || files.size() == most_files) return std::nullopt;
    files.emplace(name, std::move(*text));
  }
  return files;
}

/// The files of an entry if it is whole. Notes its use first: whoever clears away looks at that.
std::optional<FileTexts> read_entry(int root, const std::string& name, std::string_view key) {
  const Descriptor directory = open_directory(root, name.c_str());
  if (directory.get() < 0) return std::nullopt;
  [[maybe_unused]] const int touched = futimens(directory.get(), nullptr);
  std::optional<FileTexts> files = read_files(directory);
  if (!files) return std::nullopt;
  const auto found = files->extract(manifest_name);
  if (!found || found.mapped() != manifest(name, key, *files)) return std::nullopt;
  return files;
}

/// Locks a directory until the descriptor is closed. False if another run does not let go of it; a
/// file system without locks is taken as it is: renames are whole there, too.
bool lock(const Descriptor& directory, int how) {
  const auto deadline = std::chrono::steady_clock::now() + lock_patience;
  while (flock(directory.get(), how | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return true;
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(2ms);
  }
  return true;
}

/// Makes a directory and those above it, but only in places of ours: with sudo, HOME may be the
/// user's, who could not use what root makes there.
bool make_directories(const fs::path& path, bool for_another = false) {
  struct stat status;
  if (stat(path.c_str(), &status) == 0) {
    return S_ISDIR(status.st_mode) && (!for_another || status.st_uid == geteuid());
  }
  if (errno != ENOENT || !path.has_relative_path()) return false;
  if (!make_directories(path.parent_path(), true)) return false;
  return mkdir(path.c_str(), 0700) == 0 || errno == EEXIST;
}

/// Removes an entry, or whatever has its name: it is gone at once, or not at all.
void remove_entry(const std::string& root, const std::string& name) {
  const std::string path = fmt::format("{}/{}", root, name);
  if (unlink(path.c_str()) == 0 || errno == ENOENT) return;  // no directory
  const TemporaryDirectory old(root, old_prefix);
  if (old.path().empty()) return;
  // A directory may take the place of an empty one.
  [[maybe_unused]] const int renamed = rename(path.c_str(), old.path().c_str());
}

void remove_old(const std::string& root) {
  const std::time_t now = std::time(nullptr);
  int removals = 0;
  std::error_code error;
  std::vector<std::string> names;
  for (fs::directory_iterator item(root, error), end; !error && item != end; item.increment(error)) {
    names.push_back(item->path().filename());
  }
  for (const std::string& name : names) {
    const bool remains = name.starts_with(new_prefix) || name.starts_with(old_prefix);
    if (!remains && !is_entry_name(name)) continue;
    struct stat status;
    if (lstat((root + '/' + name).c_str(), &status) != 0 || !S_ISDIR(status.st_mode) ||
        status.st_uid != geteuid() || now - status.st_mtime < (remains ? day : entry_life)) {
      continue;
    }
    remove_entry(root, name);
    if (++removals == most_removals) break;
  }
}

}  // namespace

TemporaryDirectory::TemporaryDirectory(const std::string& parent, std::string_view prefix)
    : path_(fmt::format("{}/{}XXXXXX", parent, prefix)) {
  if (mkdtemp(path_.data()) == nullptr) path_.clear();
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

bool write_files(const std::string& directory, const FileTexts& files) noexcept {
  const Descriptor parent(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (parent.get() < 0) return false;
  for (const auto& [name, text] : files) {
    Descriptor fd(
        openat(parent.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (fd.get() < 0) return false;
    for (std::string_view rest = text; !rest.empty();) {
      const ssize_t count = write(fd.get(), rest.data(), rest.size());
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return false;
      rest.remove_prefix(static_cast<std::size_t>(count));
    }
    if (close(fd.release()) != 0) return false;
  }
  return true;
}

FileCache::FileCache() {
  const auto add = [this](const char* variable, const char* below) {
    const char* const base = std::getenv(variable);
    // The XDG Base Directory Specification wants relative paths to be ignored.
    if (base != nullptr && base[0] == '/') roots_.push_back(fmt::format("{}{}", base, below));
  };
  add("XDG_CACHE_HOME", "/flowmeter");
  // A cache is made where there is none, but a home that is missing is meant to be.
  const char* const home = std::getenv("HOME");
  if (home != nullptr && access(home, X_OK) == 0) add("HOME", "/.cache/flowmeter");
}

std::optional<FileCache::Entry> FileCache::find(std::string_view kind, std::string_view key) const {
  const std::string name = entry_name(kind, key);
  for (const std::string& root : roots_) {
    const Descriptor directory = open_directory(AT_FDCWD, root.c_str());
    if (directory.get() < 0 || !lock(directory, LOCK_SH)) continue;
    if (std::optional<FileTexts> files = read_entry(directory.get(), name, key)) {
      return Entry{fmt::format("{}/{}", root, name), std::move(*files)};
    }
  }
  return std::nullopt;
}

std::optional<std::string> FileCache::keep(std::string_view kind, std::string_view key,
                                           const FileTexts& files) const {
  const std::string name = entry_name(kind, key);
  for (const std::string& root : roots_) {
    if (!make_directories(root)) continue;
    const Descriptor directory = open_directory(AT_FDCWD, root.c_str());
    if (directory.get() < 0) continue;
    TemporaryDirectory fresh(root, new_prefix);
    if (fresh.path().empty() || !write_files(fresh.path(), files) ||
        !write_files(fresh.path(), {{manifest_name, manifest(name, key, files)}})) {
      continue;
    }
    if (!lock(directory, LOCK_EX)) continue;
    const std::string path = fmt::format("{}/{}", root, name);
    if (!read_entry(directory.get(), name, key)) {
      remove_entry(root, name);
      if (rename(fresh.path().c_str(), path.c_str()) == 0) {
        fresh.forget();
      } else if (!read_entry(directory.get(), name, key)) {
        continue;
      }
      remove_old(root);
    }
    return path;
  }
  return std::nullopt;
}

}  // namespace flowmeter
