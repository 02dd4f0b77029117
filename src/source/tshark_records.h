#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include "dialect/parser.h"
#include "dialect/record.h"
#include "dialect/record_splitter.h"

namespace flowmeter {

/// The output of a tshark of ours, one line for each frame: bytes go in as they come, records come out.
class TsharkRecords {
 public:
  /// `parser`: reads the lines.
  explicit TsharkRecords(std::unique_ptr<RecordParser> parser) : parser_(std::move(parser)) {}

  /// Space for the next bytes, at least `least`, and how many of it were filled. Values of a record are gone
  /// then.
  [[nodiscard]] std::span<char> room(std::size_t least) { return splitter_.room(least); }
  void commit(std::size_t count) noexcept { splitter_.commit(count); }

  /// No more bytes will come. If the last line is torn, how tshark ended says more: it is dropped.
  void end() noexcept { ended_ = true; }
  [[nodiscard]] bool ended() const noexcept { return ended_; }

  /// Reads the next frame's record, whose values live until the next call of next() or room(). False: it is
  /// not there yet, or will never be, see ended().
  /// Throws InputError, or CutValue, without the place, for a damaged record. It counts as one, and the next
  /// call goes on after it.
  [[nodiscard]] bool next(Record& record);

  /// Records read, of flush frames and context too.
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }

 private:
  LineSplitter splitter_{LineSplitter::LastLine::torn};
  std::unique_ptr<RecordParser> parser_;
  std::uint64_t count_ = 0;
  bool ended_ = false;
};

}  // namespace flowmeter
