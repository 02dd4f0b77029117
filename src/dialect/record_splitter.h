#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace flowmeter {

/// A byte order mark in UTF-8, which says nothing there.
inline constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

/// Longest record (a line, a JSON object) that is accepted, in bytes. The longest seen of a real
/// frame's whole tree is a quarter of a megabyte.
inline constexpr std::size_t max_record_bytes = std::size_t{64} << 20;

/// Cuts a stream of bytes into whole records. A source reads into room() and tells how much came
/// with commit(); whole records are then taken with next(), in any chunking the same ones.
/// Records are handed out in place and may be changed: the byte behind a record is a NUL.
class RecordSplitter {
 public:
  virtual ~RecordSplitter() = default;

  /// Free space of at least `least` bytes at the end of the buffer. Invalidates records.
  std::span<char> room(std::size_t least);

  /// `count` bytes were written to the start of room().
  void commit(std::size_t count) noexcept { end_ += count; }

  /// No more bytes will come: a last record without its end is handed out as it is.
  void close() noexcept { closed_ = true; }

  /// The next whole record, or nothing until more bytes come (for good after close()). It lives
  /// until the next call of next() or room().
  /// Throws InputError for a record that is longer than max_record_bytes, or without end; the next call
  /// goes on behind the damage, unless at_end().
  virtual std::optional<std::span<char>> next() = 0;

  /// Whether nothing follows the damage that next() has thrown for.
  [[nodiscard]] virtual bool at_end() const noexcept { return false; }

  /// Whether an array was opened between the record last handed out and the one before it.
  [[nodiscard]] virtual bool opens_array() const noexcept { return false; }

  /// Where the record last handed out stands: "line 12", "record 12 (byte 4711)".
  [[nodiscard]] virtual std::string place() const = 0;

 protected:
  [[nodiscard]] std::size_t pending() const noexcept { return end_ - begin_; }

  std::vector<char> buffer_;
  std::size_t begin_ = 0;  // first byte not handed out yet
  std::size_t end_ = 0;    // behind the last byte read
  std::size_t scan_ = 0;   // bytes before this one were looked at already
  bool closed_ = false;

 private:
  virtual void moved(std::size_t /*by*/) {}
};

/// Lines that end with LF (CR LF too).
class LineSplitter final : public RecordSplitter {
 public:
  /// What a last line without its end is.
  enum class LastLine {
    whole,  ///< a line as others: somebody may have trimmed the text
    torn,   ///< damage: whoever writes the text ends all its lines, and did not come to that
  };

  explicit LineSplitter(LastLine last = LastLine::whole) : last_(last) {}

  std::optional<std::span<char>> next() override;
  [[nodiscard]] std::string place() const override;

 private:
  bool pass_rest();
  [[noreturn]] void refuse_line(const std::string& why);

  const LastLine last_;
  std::uint64_t line_ = 0;
  bool skipping_ = false;  // the rest of a line that is too long
};

/// JSON documents as tshark and the tools around it write them: one a line (`-T ek`, `jq -c`), elements of
/// arrays (`-T json`), or printed over several lines (`jq .`), one after the other in any mixture. Memory
/// does not grow with an array. A byte order mark before a document is passed over.
///
/// Lines of other text outside of arrays are handed out as well, for a parser to judge.
///
/// Throws InputError for an array or a document without an end and for other text in an array. Where the text
/// is damaged it goes on at the next document that begins as tshark's do, with "_index" or an index line's
/// "index", or in the first column where documents stand outside of arrays.
class JsonFramer final : public RecordSplitter {
 public:
  std::optional<std::span<char>> next() override;
  [[nodiscard]] std::string place() const override;
  [[nodiscard]] bool at_end() const noexcept override { return over_; }
  [[nodiscard]] bool opens_array() const noexcept override { return given_opened_; }

 private:
  enum class State { between, document, line, rest_of_line, lost };
  enum class Answer { no, yes, unclear };

  bool pass_blanks();
  bool pass_line();
  bool take_element();
  bool take_token();
  std::optional<std::span<char>> take_line();
  std::optional<std::span<char>> take_document();
  bool scan_document();
  bool find_document();
  [[nodiscard]] Answer has(std::size_t at, std::string_view text) const;
  [[nodiscard]] Answer begins_record(std::size_t at) const;
  [[nodiscard]] Answer is_array(std::size_t at) const;
  [[nodiscard]] bool is_member(std::size_t at) const;
  void begin_document();
  void pass_to(std::size_t end);
  void restore();
  [[noreturn]] void lose(std::size_t at, const std::string& why);
  [[noreturn]] void lose_as_no_json();
  [[noreturn]] void end_with(const std::string& why);
  void moved(std::size_t by) override { base_ += by; }

  State state_ = State::between;
  bool begun_ = false;                          // something came that is no blank
  bool in_array_ = false;                       // whose elements the documents are
  bool elements_ = false;                       // it has some
  bool opened_ = false, given_opened_ = false;  // before the next record, and before the one last handed out
  bool after_array_ = false;                    // which was the last that came
  bool first_column_ = true;                    // where begin_ stands
  bool over_ = false;                           // an error was the end
  std::size_t depth_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
  char saved_ = '\0';  // what stood where the last record's NUL was put
  bool have_saved_ = false;
  std::uint64_t lines_ = 0;  // that ended before begin_
  std::uint64_t record_ = 0;
  std::uint64_t base_ = 0;          // offset in the stream of buffer_[0]
  std::uint64_t record_start_ = 0;  // offset in the stream
  // Of the record last handed out: its line, or 0 if it had several.
  std::uint64_t given_line_ = 0, given_ = 0, given_start_ = 0;
};

}  // namespace flowmeter
