#include "dialect/framer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/error.h"

namespace flowmeter {
namespace {

std::string too_long(const std::string& behind) {
  return fmt::format("a record is longer than {} MiB (behind {})", max_record_bytes >> 20, behind);
}

}  // namespace

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

/// Passes over what is left of a line that is too long; false if its end is still to come.
bool LineFramer::pass_rest() {
  const char* const data = buffer_.data();
  const void* const found = begin_ == end_ ? nullptr : std::memchr(data + begin_, '\n', end_ - begin_);
  skipping_ = found == nullptr;
  begin_ = skipping_ ? end_ : static_cast<std::size_t>(static_cast<const char*>(found) - data) + 1;
  scan_ = begin_;
  return !skipping_;
}

void LineFramer::refuse_line(const std::string& why) {
  ++line_;
  throw InputError(why);
}

std::optional<std::span<char>> LineFramer::next() {
  if (skipping_ && !pass_rest()) return std::nullopt;
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
    skipping_ = pending() > max_record_bytes;
    if (!skipping_ && (!closed_ || pending() == 0)) return std::nullopt;
  }
  const std::size_t start = begin_;
  begin_ = next_begin;
  scan_ = next_begin;
  if (line_end - start > max_record_bytes) refuse_line(too_long(place()));
  if (found == nullptr && last_ == LastLine::torn) {
    refuse_line(fmt::format("cut short behind {}", place()));
  }
  if (line_end > start && data[line_end - 1] == '\r') --line_end;
  data[line_end] = '\0';
  ++line_;
  return std::span<char>(data + start, line_end - start);
}

std::string LineFramer::place() const { return fmt::format("line {}", line_); }

void ArrayFramer::restore() {
  if (have_saved_) buffer_[begin_] = saved_;
  have_saved_ = false;
}

/// Damage at that offset of the buffer, where an object may begin.
void ArrayFramer::lose(std::size_t at, const std::string& why) {
  begin_ = at;
  state_ = State::lost;
  throw InputError(why);
}

/// Whether `{` at that offset begins a record of tshark's. No string can look like it, because of its quotes.
ArrayFramer::Beginning ArrayFramer::begins_record(std::size_t at) const {
  constexpr std::string_view name = "\"_index\"";
  constexpr std::size_t most_blanks = 16;
  std::string_view rest(buffer_.data() + at + 1, end_ - at - 1);
  const std::size_t blanks = std::min(rest.find_first_not_of(" \r\n\t"), rest.size());
  if (blanks > most_blanks) return Beginning::no;
  rest = rest.substr(blanks, name.size());
  if (rest == name) return Beginning::yes;
  return !closed_ && name.starts_with(rest) ? Beginning::unclear : Beginning::no;
}

/// Looks for the next beginning of a record; true when begin_ stands there.
bool ArrayFramer::find_object() {
  while (begin_ < end_) {
    const char* const data = buffer_.data();
    const void* const found = std::memchr(data + begin_, '{', end_ - begin_);
    begin_ = found == nullptr ? end_ : static_cast<std::size_t>(static_cast<const char*>(found) - data);
    if (found == nullptr) break;
    const Beginning beginning = begins_record(begin_);
    if (beginning == Beginning::yes) return true;
    if (beginning == Beginning::unclear) break;
    ++begin_;
  }
  return false;
}

/// Looks for the end of the object that begins at begin_; true when scan_ stands behind it.
bool ArrayFramer::scan_object() {
  const char* const data = buffer_.data();
  while (scan_ < end_) {
    const char c = data[scan_];
    if (in_string_) {
      // JSON has no line breaks in strings: a quote is missing, which is for the parser to say.
      if (c == '\n') {
        in_string_ = escaped_ = false;
      } else if (escaped_) {
        escaped_ = false;
      } else if (c == '\\') {
        escaped_ = true;
      } else if (c == '"') {
        in_string_ = false;
      }
    } else if (c == '"') {
      in_string_ = true;
    } else if (c == '{' || c == '[') {
      const Beginning beginning = c == '{' && depth_ > 0 ? begins_record(scan_) : Beginning::no;
      if (beginning == Beginning::unclear) return false;
      if (beginning == Beginning::yes) lose(scan_, fmt::format("record {} has no end", record_));
      ++depth_;
    } else if ((c == '}' || c == ']') && --depth_ == 0) {
      ++scan_;
      return true;
    }
    ++scan_;
  }
  return false;
}

void ArrayFramer::begin_object(std::size_t at) {
  state_ = State::object;
  begin_ = scan_ = at;
  depth_ = 0;
  in_string_ = escaped_ = false;
  ++record_;
  record_start_ = base_ + at;
}

/// The object from begin_ to scan_.
std::span<char> ArrayFramer::hand_out() {
  const std::span<char> object(buffer_.data() + begin_, scan_ - begin_);
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

std::optional<std::span<char>> ArrayFramer::next() {
  restore();
  while (true) {
    if (state_ == State::lost) {
      if (!find_object()) return std::nullopt;
      begin_object(begin_);
    }
    if (state_ == State::object) {
      const bool whole = scan_object();
      if (scan_ - begin_ > max_record_bytes) lose(scan_, too_long(place()));
      if (whole) return hand_out();
      if (!closed_) return std::nullopt;
      state_ = State::after;
      begin_ = end_;
      throw InputError(fmt::format("cut short in the middle of record {}", record_));
    }
    if (begin_ == end_) {
      if (!closed_ || state_ >= State::after) return std::nullopt;
      state_ = State::after;
      throw InputError(fmt::format("cut short: the array has no end (after record {})", record_));
    }
    const char c = buffer_[begin_];
    const std::size_t at = begin_++;
    const bool line_start = std::exchange(line_start_, c == '\n' || (line_start_ && c == ' '));
    if (c == ' ' || c == '\n' || c == '\r' || c == '\t') continue;
    if (state_ == State::statistics && !(line_start && c == '{')) continue;
    if (state_ == State::before && c == '[') {
      state_ = State::between;
    } else if (state_ == State::between && c == ']') {
      state_ = State::after;
    } else if (state_ == State::between && c == ',' && record_ > 0) {
      continue;
    } else if (state_ == State::between && c == '{') {
      begin_object(at);
    } else if (state_ == State::after && c != '[' && c != '{') {
      state_ = State::statistics;  // what tshark's -z prints behind the frames
    } else {
      lose(at, fmt::format("not JSON at byte {} (after record {})", base_ + at, record_));
    }
  }
}

std::string ArrayFramer::place() const { return fmt::format("record {} (byte {})", given_, given_start_); }

}  // namespace flowmeter
