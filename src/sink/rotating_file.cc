#include "sink/rotating_file.h"

#include <fmt/format.h>

#include <array>

#include "base/error.h"

namespace flowmeter {

namespace fs = std::filesystem;

RotatingFile::RotatingFile(std::string name, std::string header, const Rotation& rotation)
    : name_(std::move(name)), header_(std::move(header)), rotation_(rotation) {}

std::time_t RotatingFile::period_of(std::time_t time) const {
  return rotation_.every ? static_cast<std::time_t>(time - time % rotation_.every->count()) : time;
}

fs::path RotatingFile::path_at(std::time_t time) const {
  std::tm parts{};
  localtime_r(&time, &parts);
  std::array<char, 4096> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), name_.c_str(), &parts);
  if (size == 0) throw OutputError(fmt::format("{}: gives no name for a file", name_));
  fs::path path(std::string(text.data(), size));
  if (files_ == 0 && !rotation_.wanted()) return path;
  fs::path free = path;
  std::error_code ignored;
  for (unsigned number = 2; fs::is_regular_file(free, ignored); ++number) {
    free = path;
    free.replace_filename(fmt::format("{}-{}{}", path.stem().string(), number, path.extension().string()));
  }
  return free;
}

void RotatingFile::begin(std::time_t now) {
  period_ = period_of(now);
  const fs::path path = path_at(period_);
  std::error_code ignored;  // if it cannot be made, the file cannot either
  if (path.has_parent_path()) fs::create_directories(path.parent_path(), ignored);
  file_ = std::make_unique<FileSink>(path);
  file_->write(header_);
  ++files_;
  rows_ = 0;
}

void RotatingFile::write(std::string_view row) {
  if (row.empty()) return;
  const std::time_t now = std::time(nullptr);
  tick(now);
  if (!file_) begin(now);
  file_->write(row);
  if (++rows_ == rotation_.rows) turn();
}

void RotatingFile::flush() {
  if (file_) file_->flush();
}

void RotatingFile::turn() {
  if (!file_) return;
  file_->finish();
  file_.reset();
}

void RotatingFile::tick(std::time_t now) {
  if (file_ && rotation_.every && period_of(now) != period_) turn();
}

void RotatingFile::finish() {
  if (files_ == 0) begin(std::time(nullptr));
  turn();
}

}  // namespace flowmeter
