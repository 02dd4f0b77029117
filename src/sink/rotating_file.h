#pragma once

#include <chrono>
#include <cstdint>
#include <ctime>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "sink/file_sink.h"

namespace flowmeter {

/// When the next file is begun.
struct Rotation {
  std::optional<std::chrono::seconds> every{};  ///< at multiples of it since the epoch, by the wall clock
  std::uint64_t rows = 0;                       ///< after so many rows; 0: at no number

  [[nodiscard]] bool wanted() const noexcept { return every || rows != 0; }
};

/// Rows in one file after the other, each whole and with its header; a file appears under its name when it is
/// finished (see FileSink). It is begun with its first row: a period without rows has no file.
///
/// A name that is taken is not used again, so that a restart loses nothing: NAME-2.csv, NAME-3.csv and so on
/// follow. Only a run without rotation puts its first file in the place of an older one.
///
/// With rotation a file that cannot be written is not the end: it is reported, the rows up to the next file
/// are counted as lost, and the next file is tried again.
class RotatingFile final : public ByteSink {
 public:
  /// `name` may have strftime's conversions, for the local time at which a period or a file begins. `header`
  /// is the finished line, or empty. Reports what earlier runs have left.
  RotatingFile(std::string name, std::string header, const Rotation& rotation, FileKeeper keeper);

  /// A row, whole. Without rotation this and the others throw OutputError.
  void write(std::string_view row) override;
  void flush() override;
  /// Finishes the file; if there was none in all the run, one with the header alone.
  void finish() override;

  /// Finishes the file: the next row begins another.
  void turn();

  /// Tells the time, by which a period may be over.
  void tick(std::time_t now = std::time(nullptr));

  /// Whether a file could not be written.
  [[nodiscard]] bool failed() const noexcept { return failed_; }

 private:
  void begin(std::time_t now);
  template <class Step>
  void attempt(Step step);
  void give_up(const char* why);
  void tell_of_losses();
  [[nodiscard]] std::filesystem::path path_at(std::time_t time) const;
  [[nodiscard]] std::time_t period_of(std::time_t time) const;

  const std::string name_, header_;
  const Rotation rotation_;
  const FileKeeper keeper_;
  std::unique_ptr<FileSink> file_;  // or none
  std::time_t period_ = 0;          // of the file
  std::uint64_t rows_ = 0;          // that were for the file
  std::uint64_t files_ = 0;
  bool given_up_ = false;   // the file: what is for it is lost
  bool failing_ = false;    // no file was finished since one failed
  bool failed_ = false;     // one, in all the run
  std::uint64_t lost_ = 0;  // rows that no file has, since they were told of
};

}  // namespace flowmeter
