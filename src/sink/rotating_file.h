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
  std::uint64_t rows = 0;                       ///< behind so many rows; 0: at no number

  [[nodiscard]] bool wanted() const noexcept { return every || rows != 0; }
};

/// Rows in one file after the other, each whole and with its header; a file appears under its name when it is
/// finished (see FileSink). It is begun with its first row: a period without rows has no file.
///
/// A name that is taken is not used again, so that a restart loses nothing: NAME-2.csv, NAME-3.csv and so on
/// follow. Only a run without rotation puts its first file in the place of an older one.
class RotatingFile final : public ByteSink {
 public:
  /// `name` may have strftime's conversions, for the local time at which a period or a file begins. `header`
  /// is the finished line, or empty.
  RotatingFile(std::string name, std::string header, const Rotation& rotation);

  /// A row, whole. Throws OutputError.
  void write(std::string_view row) override;
  void flush() override;
  /// Finishes the file; if there was none in all the run, one with the header alone.
  void finish() override;

  /// Finishes the file: the next row begins another.
  void turn();

  /// Tells the time, by which a period may be over.
  void tick(std::time_t now = std::time(nullptr));

 private:
  void begin(std::time_t now);
  [[nodiscard]] std::filesystem::path path_at(std::time_t time) const;
  [[nodiscard]] std::time_t period_of(std::time_t time) const;

  const std::string name_, header_;
  const Rotation rotation_;
  std::unique_ptr<FileSink> file_;  // or none
  std::time_t period_ = 0;          // of the file
  std::uint64_t rows_ = 0;          // in the file
  std::uint64_t files_ = 0;
};

}  // namespace flowmeter
