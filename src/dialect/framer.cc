#include "dialect/framer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/error.h"

namespace flowmeter {

std::span<char> Framer::room(std::size_t least) {
  if (buffer_.size() < end_ + least + 1) {
    if (begin_ > 0) {  // make room at the front before growing
      std::memmove(buffer_.data(), buffer_.data() + begin_, pending());
      const std::size_t by = begin_;
      end_ -= by;
      scan_ = scan_ > by ? scan_ - by : 0;
      begin_ = 0;
      moved(by);
    }
    if (buffer_.size() < end_ + least + 1) {
      buffer_.resize(std::max(end_ + least + 1, buffer_.size() * 2));
    }
  }
  return {buffer_.data() + end_, buffer_.size() - 1 - end_};
}

void Framer::check_length(std::size_t length) const {
  if (length > max_record_bytes) {
    throw InputError(
        fmt::format("a record is longer than {} MiB (behind {})", max_record_bytes >> 20, place()));
  }
}

std::optional<std::span<char>> LineFramer::next() {
  char* const data = buffer_.data();
  if (scan_ < begin_) scan_ = begin_;
  void* const found = scan_ == end_ ? nullptr : std::memchr(data + scan_, '\n', end_ - scan_);
  std::size_t line_end = end_;
  std::size_t next_begin = end_;
  if (found != nullptr) {
    line_end = static_cast<std::size_t>(static_cast<char*>(found) - data);
    next_begin = line_end + 1;
  } else {
    scan_ = end_;
    check_length(pending());
    if (!closed_ || pending() == 0) return std::nullopt;
  }
  check_length(line_end - begin_);
  const std::size_t start = begin_;
  if (line_end > start && data[line_end - 1] == '\r') --line_end;
  data[line_end] = '\0';
  begin_ = next_begin;
  scan_ = next_begin;
  ++line_;
  return std::span<char>(data + start, line_end - start);
}

std::string LineFramer::place() const { return fmt::format("line {}", line_); }

void ArrayFramer::restore() {
  if (have_saved_) buffer_[begin_] = saved_;
  have_saved_ = false;
}

/// Looks for the end of the object that begins at begin_; true when scan_ stands behind it.
bool ArrayFramer::scan_object() {
  const char* const data = buffer_.data();
  while (scan_ < end_) {
    const char c = data[scan_++];
    if (in_string_) {
      if (escaped_) {
        escaped_ = false;
      } else if (c == '\\') {
        escaped_ = true;
      } else if (c == '"') {
        in_string_ = false;
      }
    } else if (c == '"') {
      in_string_ = true;
    } else if (c == '{' || c == '[') {
      ++depth_;
    } else if ((c == '}' || c == ']') && --depth_ == 0) {
      return true;
    }
  }
  return false;
}

std::optional<std::span<char>> ArrayFramer::next() {
  restore();
  while (true) {
    if (state_ == State::object) {
      if (!scan_object()) {
        check_length(pending());
        if (!closed_) return std::nullopt;
        throw InputError(fmt::format("cut short in the middle of record {}", record_));
      }
      const std::span<char> object(buffer_.data() + begin_, scan_ - begin_);
      check_length(object.size());
      begin_ = scan_;
      state_ = State::between;
      given_ = record_;
      given_start_ = record_start_;
      // RapidJSON parses in place up to a NUL; the byte that it covers comes back in restore().
      saved_ = buffer_[begin_];
      have_saved_ = begin_ < end_;
      buffer_[begin_] = '\0';
      return object;
    }
    if (begin_ == end_) {
      if (!closed_ || state_ >= State::after) return std::nullopt;
      throw InputError(fmt::format("cut short: the array has no end (after record {})", record_));
    }
    const char c = buffer_[begin_];
    const std::size_t at = begin_++;
    if (c == ' ' || c == '\n' || c == '\r' || c == '\t' || state_ == State::statistics) continue;
    if (state_ == State::before && c == '[') {
      state_ = State::between;
    } else if (state_ == State::between && c == ']') {
      state_ = State::after;
    } else if (state_ == State::between && c == ',' && record_ > 0) {
      continue;
    } else if (state_ == State::between && c == '{') {
      state_ = State::object;
      begin_ = at;
      scan_ = at;
      depth_ = 0;
      ++record_;
      record_start_ = base_ + at;
    } else if (state_ == State::after && c != '[' && c != '{') {
      state_ = State::statistics;  // what tshark's -z prints behind the frames
    } else {
      throw InputError(fmt::format("not JSON at byte {} (after record {})", base_ + at, record_));
    }
  }
}

std::string ArrayFramer::place() const {
  return fmt::format("record {} (byte {})", given_, given_start_);
}

}  // namespace flowmeter
