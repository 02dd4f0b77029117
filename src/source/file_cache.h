#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace flowmeter {

/// Contents of files by their names.
using FileTexts = std::map<std::string, std::string>;

/// A fresh directory (rights 0700) that is removed, with all that is in it, with the object.
class TemporaryDirectory {
 public:
  /// Makes `prefix` and six random characters in `parent`; path() is empty if that is not possible.
  TemporaryDirectory(const std::string& parent, std::string_view prefix);
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  [[nodiscard]] const std::string& path() const noexcept { return path_; }

  /// Another name has it now: nothing is to be removed.
  void forget() noexcept { path_.clear(); }

 private:
  std::string path_;
};

/// Writes new files into a directory; false if one could not be written, or was there.
[[nodiscard]] bool write_files(const std::string& directory, const FileTexts& files) noexcept;

/// Small files that are costly to make, kept from run to run: each entry a directory below
/// $XDG_CACHE_HOME/flowmeter or $HOME/.cache/flowmeter.
///
/// Any number of runs may use it at once: an entry appears whole, by a rename, and is not changed
/// afterwards. An entry counts only if it and its files are ours, nobody else may write to them,
/// and a manifest, written last, has its key and the digest of each file, and nothing else is
/// beside them. The digests find damage, not malice; against malice stand owners and rights.
///
/// A cache is a convenience: no function throws, or says why it could not do anything.
class FileCache {
 public:
  struct Entry {
    std::string directory;  ///< stays for 30 days, unless the user clears the cache
    FileTexts files;
  };

  /// Looks at the environment; touches nothing yet.
  FileCache();

  /// The entry of this kind (lower-case letters) and key (any text), and notes that it is used.
  [[nodiscard]] std::optional<Entry> find(std::string_view kind, std::string_view key) const;

  /// Keeps an entry, in the place of a damaged one if need be, and returns its directory: another
  /// run's if that was faster. Nothing if there is no place that is ours and can be written.
  /// Then removes a few entries that nobody used for 30 days, and remains of runs that were killed.
  [[nodiscard]] std::optional<std::string> keep(std::string_view kind, std::string_view key,
                                                const FileTexts& files) const;

 private:
  std::vector<std::string> roots_;  ///< the best first
};

}  // namespace flowmeter
