#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace flowmeter {

/// Longest record (a line, a JSON object) that is accepted, in bytes. The longest seen of a real
/// frame's whole tree is a quarter of a megabyte.
inline constexpr std::size_t max_record_bytes = std::size_t{64} << 20;

/// Cuts a stream of bytes into whole records. A source reads into room() and tells how much came
/// with commit(); whole records are then taken with next(), in any chunking the same ones.
/// Records are handed out in place and may be changed: the byte behind a record is a NUL.
class Framer {
 public:
  virtual ~Framer() = default;

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
class LineFramer final : public Framer {
 public:
  /// What a last line without its end is.
  enum class LastLine {
    whole,  ///< a line as others: somebody may have trimmed the text
    torn,   ///< damage: whoever writes the text ends all its lines, and did not come to that
  };

  explicit LineFramer(LastLine last = LastLine::whole) : last_(last) {}

  std::optional<std::span<char>> next() override;
  [[nodiscard]] std::string place() const override;

 private:
  bool pass_rest();
  [[noreturn]] void refuse_line(const std::string& why);

  const LastLine last_;
  std::uint64_t line_ = 0;
  bool skipping_ = false;  // the rest of a line that is too long
};

/// The objects of one JSON array, as they come: memory does not grow with the array.
/// Ends at the array's `]`; throws InputError when that is missing or something else follows it.
/// Where the text is damaged it goes on at the next object that begins as tshark's do, with "_index".
class ArrayFramer final : public Framer {
 public:
  std::optional<std::span<char>> next() override;
  [[nodiscard]] std::string place() const override;
  [[nodiscard]] bool at_end() const noexcept override { return state_ == State::after; }

 private:
  enum class State { before, between, object, after, statistics, lost };
  enum class Beginning { no, yes, unclear };

  bool scan_object();
  bool find_object();
  [[nodiscard]] Beginning begins_record(std::size_t at) const;
  void begin_object(std::size_t at);
  std::span<char> hand_out();
  void restore();
  [[noreturn]] void lose(std::size_t at, const std::string& why);

  State state_ = State::before;
  std::size_t depth_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
  bool line_start_ = false;  // of a line of statistics
  char saved_ = '\0';        // what stood where the last record's NUL was put
  bool have_saved_ = false;
  std::uint64_t record_ = 0;
  std::uint64_t base_ = 0;                     // offset in the stream of buffer_[0]
  std::uint64_t record_start_ = 0;             // offset in the stream
  std::uint64_t given_ = 0, given_start_ = 0;  // the same of the record last handed out

  void moved(std::size_t by) override { base_ += by; }
};

}  // namespace flowmeter
