#include "sink/rotating_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "base/error.h"

namespace flowmeter {

namespace fs = std::filesystem;

namespace {

/// What finds, by glob(7), all files with a name that has conversions of strftime.
std::string pattern_of(const std::string& name) {
  constexpr std::string_view modifiers = "_-0123456789^#+EO";  // in %-d, %Ey
  std::string pattern;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] == '%') {
      i = std::min(name.find_first_not_of(modifiers, i + 1), name.size());
      pattern += i < name.size() && name[i] == '%' ? '%' : '*';
    } else {
      if (std::string_view("*?[\\").find(name[i]) != std::string_view::npos) pattern += '\\';
      pattern += name[i];
    }
  }
  return pattern;
}

fs::path numbered(const fs::path& path, std::string_view number) {
  fs::path other = path;
  return other.replace_filename(
      fmt::format("{}-{}{}", path.stem().string(), number, path.extension().string()));
}

}  // namespace

RotatingFile::RotatingFile(std::string name, std::string header, const Rotation& rotation, FileKeeper keeper)
    : name_(std::move(name)), header_(std::move(header)), rotation_(rotation), keeper_(keeper) {
  const std::string pattern = pattern_of(name_);
  std::set<std::string> leftovers;  // a name may fit both patterns
  for (const std::string& names : {pattern, numbered(pattern, "[0-9]*").string()})
    leftovers.merge(leftovers_like(names));
  report_leftovers(leftovers, keeper_.reporter);
}

std::time_t RotatingFile::period_of(std::time_t time) const {
  return rotation_.every ? static_cast<std::time_t>(time - time % rotation_.every->count()) : time;
}

fs::path RotatingFile::path_at(std::time_t time) const {
  std::tm parts{};
  localtime_r(&time, &parts);
  std::array<char, 4096> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), name_.c_str(), &parts);
  if (size == 0) throw OutputError(fmt::format("{}: its conversions give an empty file name", name_));
  fs::path path(std::string(text.data(), size));
  if (files_ == 0 && !rotation_.wanted()) return path;
  fs::path free = path;
  std::error_code ignored;
  for (unsigned number = 2; fs::is_regular_file(free, ignored); ++number) {
    free = numbered(path, std::to_string(number));
  }
  return free;
}

void RotatingFile::begin(std::time_t now) {
  period_ = period_of(now);
  const fs::path path = path_at(period_);
  std::error_code ignored;  // if it cannot be made, the file cannot either
  if (path.has_parent_path()) fs::create_directories(path.parent_path(), ignored);
  file_ = std::make_unique<FileSink>(path, keeper_);
  file_->write(header_);
  ++files_;
}

/// A step after which there may be no file any more.
template <class Step>
void RotatingFile::attempt(Step step) {
  try {
    step();
  } catch (const OutputError& error) {
    if (!rotation_.wanted()) throw;
    give_up(error.what());
  }
}

void RotatingFile::give_up(const char* why) {
  const std::uint64_t writes = file_ ? file_->whole_writes() : 0;
  lost_ += rows_ - (writes > 1 ? writes - 1 : 0);  // the first is the header
  // While nothing can be written, once is enough, unless there is another file to be named.
  if (!failing_ || (file_ && file_->kept())) {
    keeper_.reporter.error(fmt::format("{}; the next file is tried again", why));
  }
  file_.reset();
  given_up_ = failing_ = failed_ = true;
}

void RotatingFile::write(std::string_view row) {
  if (row.empty()) return;
  const std::time_t now = std::time(nullptr);
  tick(now);
  if (!file_ && !given_up_) attempt([&] { begin(now); });
  if (file_) {
    ++rows_;
    attempt([&] { file_->write(row); });
  } else {
    ++rows_;
    ++lost_;
  }
  if (rows_ == rotation_.rows) turn();
}

void RotatingFile::flush() {
  if (file_) attempt([&] { file_->flush(); });
}

void RotatingFile::turn() {
  if (file_) {
    attempt([&] {
      file_->finish();
      failing_ = false;
    });
    file_.reset();
  }
  given_up_ = false;
  rows_ = 0;
  if (!failing_) tell_of_losses();
}

void RotatingFile::tell_of_losses() {
  if (lost_ == 0) return;
  keeper_.reporter.error(
      fmt::format("{}: {} row{} lost meanwhile", name_, lost_, lost_ == 1 ? " was" : "s were"));
  lost_ = 0;
}

void RotatingFile::tick(std::time_t now) {
  if ((file_ || given_up_) && rotation_.every && period_of(now) != period_) turn();
}

void RotatingFile::finish() {
  if (files_ == 0 && !failed_) attempt([&] { begin(std::time(nullptr)); });
  turn();
  tell_of_losses();
}

}  // namespace flowmeter
