#pragma once

#include <filesystem>
#include <memory>

#include "sink/fd_sink.h"

namespace flowmeter {

/// A file that appears whole or not at all: written beside its place under a hidden name, and renamed
/// by finish(). A file that was there before stays until then. What is no regular file (a device, a
/// FIFO) is written in place.
class FileSink final : public ByteSink {
 public:
  /// Throws OutputError if the file cannot be made.
  explicit FileSink(std::filesystem::path path);

  /// Removes what was written unless finish() was called.
  ~FileSink() override;
  FileSink(const FileSink&) = delete;
  FileSink& operator=(const FileSink&) = delete;

  void write(std::string_view bytes) override { sink_->write(bytes); }
  void flush() override { sink_->flush(); }
  void finish() override;

 private:
  [[noreturn]] void fail(int error) const;

  const std::filesystem::path path_;
  std::string temporary_;  // empty: written in place, or finished
  int fd_ = -1;
  std::unique_ptr<FdSink> sink_;
};

}  // namespace flowmeter
