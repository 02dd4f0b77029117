#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/report.h"
#include "sink/fd_sink.h"

namespace flowmeter {

/// What became of an output.
struct WrittenFile {
  std::string name;         ///< "-": standard output
  std::uint64_t bytes = 0;  ///< that are in it
  std::string sha256;       ///< hexadecimal; empty: not known
  bool complete = false;    ///< all that was to be written is in it
};

/// Who hears of files, and who keeps account of them, or nobody. Both outlive the files.
struct FileKeeper {
  Reporter& reporter;
  std::vector<WrittenFile>* written = nullptr;
};

/// What becomes of a file that cannot be finished.
enum class Unfinished {
  kept,     ///< under its other name
  removed,  ///< what it holds is worth nothing unless it is whole
};

/// A file that appears under its name when it is whole: until finish() it is NAME.incomplete, beside its
/// place (NAME.2.incomplete and so on if that is taken). A file that was there before stays until then. What
/// is no regular file (a device, a FIFO) is written in place.
///
/// What cannot be finished stays as NAME.incomplete, cut behind the last write() that is in it as a whole,
/// and messages say so. The first write() is the header: with nothing else in it the file is removed. A
/// process that is killed leaves its file as it is; see leftovers_of().
class FileSink final : public ByteSink {
 public:
  /// Throws OutputError if the file cannot be made.
  explicit FileSink(std::filesystem::path path, FileKeeper keeper, Unfinished unfinished = Unfinished::kept);

  /// Gives up what was not finished, and reports that.
  ~FileSink() override;
  FileSink(const FileSink&) = delete;
  FileSink& operator=(const FileSink&) = delete;

  // When these throw OutputError the file is given up, and the message says where its rows are.
  void write(std::string_view bytes) override;
  void flush() override;
  void finish() override;

  /// How many of the write()s are in the file as a whole; to be asked when it is given up.
  [[nodiscard]] std::uint64_t whole_writes() const noexcept { return sink_->whole_writes(); }
  /// Whether the file was given up, and stays under its other name.
  [[nodiscard]] bool kept() const noexcept { return kept_; }

 private:
  [[noreturn]] void fail(int error) const;
  template <class Step>
  void attempt(Step step);
  void make();
  std::string give_up();

  const std::filesystem::path path_;
  const FileKeeper keeper_;
  const Unfinished unfinished_;
  std::string incomplete_;  // the name that it has; empty: written in place, finished, or given up
  int fd_ = -1;
  bool kept_ = false;
  std::unique_ptr<FdSink> sink_;
};

/// Incomplete files of `path` that nobody writes any more: a run that was killed, or that could not finish,
/// has left them. Those without a byte are removed.
[[nodiscard]] std::set<std::string> leftovers_of(const std::filesystem::path& path);

/// The same of all files whose names fit the pattern of glob(7).
[[nodiscard]] std::set<std::string> leftovers_like(const std::string& pattern);

/// Warns of leftovers.
void report_leftovers(const std::set<std::string>& leftovers, Reporter& reporter);

/// What is written to at that path: a FileSink or, for an empty path and "-", standard output.
[[nodiscard]] std::unique_ptr<ByteSink> open_sink(const std::filesystem::path& path, FileKeeper keeper,
                                                  Unfinished unfinished);

}  // namespace flowmeter
