#include "dialect/record_splitter.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/error.h"

namespace flowmeter {
namespace {

std::string too_long(const std::string& behind) {
  return fmt::format("a record is longer than {} MiB (after {})", max_record_bytes >> 20, behind);
}

}  // namespace

std::span<char> RecordSplitter::room(std::size_t least) {
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
bool LineSplitter::pass_rest() {
  const char* const data = buffer_.data();
  const void* const found = begin_ == end_ ? nullptr : std::memchr(data + begin_, '\n', end_ - begin_);
  skipping_ = found == nullptr;
  begin_ = skipping_ ? end_ : static_cast<std::size_t>(static_cast<const char*>(found) - data) + 1;
  scan_ = begin_;
  return !skipping_;
}

void LineSplitter::refuse_line(const std::string& why) {
  ++line_;
  throw InputError(why);
}

std::optional<std::span<char>> LineSplitter::next() {
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
    refuse_line(fmt::format("cut short after {}", place()));
  }
  if (line_end > start && data[line_end - 1] == '\r') --line_end;
  data[line_end] = '\0';
  ++line_;
  return std::span<char>(data + start, line_end - start);
}

std::string LineSplitter::place() const { return fmt::format("line {}", line_); }

void JsonFramer::restore() {
  if (have_saved_) buffer_[begin_] = saved_;
  have_saved_ = false;
}

/// Moves begin_ up to there.
void JsonFramer::pass_to(std::size_t end) {
  if (end == begin_) return;
  const auto at = [this](std::size_t offset) {
    return buffer_.begin() + static_cast<std::ptrdiff_t>(offset);
  };
  lines_ += static_cast<std::uint64_t>(std::count(at(begin_), at(end), '\n'));
  first_column_ = buffer_[end - 1] == '\n';
  begin_ = end;
}

/// Damage at that offset of the buffer, where a document may begin.
void JsonFramer::lose(std::size_t at, const std::string& why) {
  pass_to(at);
  state_ = State::lost;
  throw InputError(why);
}

void JsonFramer::lose_as_no_json() {
  lose(begin_, fmt::format("not JSON at byte {} (after record {})", base_ + begin_, record_));
}

/// Damage with nothing behind it.
void JsonFramer::end_with(const std::string& why) {
  over_ = true;
  in_array_ = false;
  state_ = State::between;
  pass_to(end_);
  throw InputError(why);
}

JsonFramer::Answer JsonFramer::has(std::size_t at, std::string_view text) const {
  const std::string_view there = std::string_view(buffer_.data() + at, end_ - at).substr(0, text.size());
  if (there == text) return Answer::yes;
  return !closed_ && text.starts_with(there) ? Answer::unclear : Answer::no;
}

/// Whether `{` at that offset begins a record of tshark's. No string can look like it, because of its quotes.
JsonFramer::Answer JsonFramer::begins_record(std::size_t at) const {
  constexpr std::array<std::string_view, 3> names = {"\"_index\"", "\"index\"", "\"timestamp\""};
  constexpr std::size_t most_blanks = 16;
  const std::string_view rest(buffer_.data() + at + 1, end_ - at - 1);
  const std::size_t blanks = std::min(rest.find_first_not_of(" \r\n\t"), rest.size());
  if (blanks > most_blanks) return Answer::no;
  Answer best = Answer::no;
  for (const std::string_view name : names) {
    const Answer answer = has(at + 1 + blanks, name);
    if (answer == Answer::yes) return answer;
    if (answer == Answer::unclear) best = answer;
  }
  return best;
}

/// Whether `[` at that offset opens an array of documents, and does not stand in a text.
JsonFramer::Answer JsonFramer::is_array(std::size_t at) const {
  const std::string_view rest(buffer_.data() + at + 1, end_ - at - 1);
  const std::size_t next = rest.find_first_not_of(" \r\n\t");
  if (next == std::string_view::npos) return closed_ ? Answer::no : Answer::unclear;
  if (rest[next] == '{' || rest[next] == ']') return Answer::yes;
  return has(at + 1 + next, "null");
}

/// Whether what begins at that offset of the document is a member's value.
bool JsonFramer::is_member(std::size_t at) const {
  const std::string_view before(buffer_.data() + begin_, at - begin_);
  const std::size_t last = before.find_last_not_of(" \r\n\t");
  return last != std::string_view::npos && before[last] == ':';
}

/// Looks for the next beginning of a document; true when begin_ stands there.
bool JsonFramer::find_document() {
  const char* const data = buffer_.data();
  const auto find = [&](char wanted) {
    const void* const found = std::memchr(data + begin_, wanted, end_ - begin_);
    return found == nullptr ? end_ : static_cast<std::size_t>(static_cast<const char*>(found) - data);
  };
  while (begin_ < end_) {
    if (in_array_) {
      pass_to(find('{'));
      if (begin_ == end_) break;
      const Answer beginning = begins_record(begin_);
      if (beginning == Answer::yes) return true;
      if (beginning == Answer::unclear) break;
      pass_to(begin_ + 1);
    } else {
      if (first_column_ && data[begin_] == '{') return true;
      pass_to(std::min(find('\n') + 1, end_));
    }
  }
  return false;
}

/// Looks for the end of the document that begins at begin_; true when scan_ stands behind it.
bool JsonFramer::scan_document() {
  const char* const data = buffer_.data();
  const auto lose_here = [this] { lose(scan_, fmt::format("record {} has no end", record_)); };
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
      if (c == '{' && depth_ > 0 && in_array_) {
        const Answer beginning = begins_record(scan_);
        if (beginning == Answer::unclear) return false;
        if (beginning == Answer::yes && !is_member(scan_)) lose_here();
      } else if (c == '{' && depth_ > 0 && data[scan_ - 1] == '\n') {
        lose_here();
      }
      ++depth_;
    } else if ((c == '}' || c == ']') && --depth_ == 0) {
      ++scan_;
      return true;
    }
    ++scan_;
  }
  return false;
}

void JsonFramer::begin_document() {
  state_ = State::document;
  scan_ = begin_;
  depth_ = 0;
  in_string_ = escaped_ = false;
  ++record_;
  record_start_ = base_ + begin_;
}

std::optional<std::span<char>> JsonFramer::take_document() {
  const bool whole = scan_document();
  if (scan_ - begin_ > max_record_bytes) lose(scan_, too_long(place()));
  if (!whole) {
    if (closed_) end_with(fmt::format("cut short in the middle of record {}", record_));
    return std::nullopt;
  }
  given_line_ = 0;
  given_opened_ = std::exchange(opened_, false);
  given_ = record_;
  given_start_ = record_start_;
  const std::span<char> document(buffer_.data() + begin_, scan_ - begin_);
  pass_to(scan_);
  state_ = State::between;
  // RapidJSON parses in place up to a NUL; the byte that it covers comes back in restore().
  saved_ = buffer_[begin_];
  have_saved_ = begin_ < end_;
  buffer_[begin_] = '\0';
  return document;
}

/// The line from begin_ on, unless a document only begins with it.
std::optional<std::span<char>> JsonFramer::take_line() {
  char* const data = buffer_.data();
  if (scan_ < begin_) scan_ = begin_;
  const void* const found = scan_ == end_ ? nullptr : std::memchr(data + scan_, '\n', end_ - scan_);
  scan_ = found == nullptr ? end_ : static_cast<std::size_t>(static_cast<const char*>(found) - data);
  if (scan_ - begin_ > max_record_bytes) {
    const std::string why = too_long(place());
    given_line_ = lines_ + 1;
    state_ = State::rest_of_line;
    throw InputError(why);
  }
  if (found == nullptr && !closed_) return std::nullopt;
  std::size_t end = scan_;
  if (end > begin_ && data[end - 1] == '\r') --end;
  if (data[begin_] == '{') {
    if (std::string_view(data + begin_, end - begin_).find_first_not_of(" \t", 1) == std::string_view::npos) {
      begin_document();
      return std::nullopt;
    }
    ++record_;
  }
  given_opened_ = std::exchange(opened_, false);
  given_line_ = ++lines_;
  const std::span<char> line(data + begin_, end - begin_);
  data[end] = '\0';
  begin_ = scan_ = found == nullptr ? end_ : scan_ + 1;
  first_column_ = true;
  state_ = State::between;
  return line;
}

/// Passes over what is left of a line; false if its end is still to come.
bool JsonFramer::pass_line() {
  const void* const found =
      begin_ == end_ ? nullptr : std::memchr(buffer_.data() + begin_, '\n', end_ - begin_);
  if (found == nullptr) {
    pass_to(end_);
    return false;
  }
  pass_to(static_cast<std::size_t>(static_cast<const char*>(found) - buffer_.data()) + 1);
  state_ = State::between;
  return true;
}

/// Passes over blanks and byte order marks; false if nothing follows as yet.
bool JsonFramer::pass_blanks() {
  std::size_t at = begin_;
  while (at < end_) {
    const char c = buffer_[at];
    if (c == ' ' || c == '\n' || c == '\r' || c == '\t') {
      ++at;
      continue;
    }
    const Answer mark = c == byte_order_mark[0] ? has(at, byte_order_mark) : Answer::no;
    if (mark == Answer::yes) {
      at += byte_order_mark.size();
      continue;
    }
    pass_to(at);
    return mark == Answer::no;
  }
  pass_to(at);
  return false;
}

/// What stands at begin_ in an array; false if more bytes are needed.
bool JsonFramer::take_element() {
  const char c = buffer_[begin_];
  if (c == '{') {
    begin_document();
    elements_ = true;
  } else if (c == ']') {
    pass_to(begin_ + 1);
    in_array_ = false;
    after_array_ = true;
  } else if (c == ',' && elements_) {
    pass_to(begin_ + 1);
  } else {
    const Answer null = has(begin_, "null");
    if (null == Answer::unclear) return false;
    if (null == Answer::no) lose_as_no_json();
    pass_to(begin_ + 4);
    elements_ = true;
  }
  return true;
}

/// What stands at begin_ outside of arrays; false if more bytes are needed.
bool JsonFramer::take_token() {
  const char c = buffer_[begin_];
  if (c == '[') {
    const Answer array = begun_ ? is_array(begin_) : Answer::yes;
    if (array == Answer::unclear) return false;
    if (array == Answer::yes) {
      pass_to(begin_ + 1);
      in_array_ = opened_ = true;
      elements_ = false;
    } else {
      state_ = State::line;
    }
  } else if (after_array_ && (c == ',' || c == ']' || c == '}')) {
    in_array_ = true;
    lose_as_no_json();
  } else {
    state_ = State::line;
  }
  begun_ = true;
  after_array_ = false;
  return true;
}

std::optional<std::span<char>> JsonFramer::next() {
  restore();
  while (true) {
    switch (state_) {
      case State::rest_of_line:
        if (!pass_line()) return std::nullopt;
        break;
      case State::lost:
        if (!find_document()) return std::nullopt;
        state_ = State::between;
        break;
      case State::document:
        return take_document();
      case State::line: {
        const auto line = take_line();
        if (line || state_ == State::line) return line;
        break;
      }
      case State::between:
        // The usual case of lines, and the shortest way.
        if (first_column_ && begin_ < end_ && buffer_[begin_] == '{' && !in_array_) {
          begun_ = true;
          after_array_ = false;
          state_ = State::line;
          break;
        }
        if (!pass_blanks()) {
          if (!closed_ || !in_array_) return std::nullopt;
          end_with(fmt::format("cut short: the array has no end (after record {})", record_));
        }
        if (!(in_array_ ? take_element() : take_token())) return std::nullopt;
        break;
    }
  }
}

std::string JsonFramer::place() const {
  if (given_line_ != 0) return fmt::format("line {}", given_line_);
  return fmt::format("record {} (byte {})", given_, given_start_);
}

}  // namespace flowmeter
