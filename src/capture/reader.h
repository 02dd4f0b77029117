#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "capture/format.h"
#include "capture/pcap.h"

namespace flowmeter {

/// How far a reader has come.
enum class ReaderState : std::uint8_t {
  reading,     ///< nothing wrong so far
  ended,       ///< the input ended at a record border
  truncated,   ///< the input ended inside a record: tshark says "cut short"
  damaged,     ///< a record that tshark refuses: "damaged or corrupt"
  unsupported  ///< not pcap or pcapng, or a variant of theirs: only one tshark can read it
};

/// Finds the records of a capture in bytes that come in pieces of any size.
/// Input: put() a piece, then next() until it gives nothing; finish() and next() again at the end.
/// Output: whole records, their bytes verbatim and in order; all of them together, tails included,
/// are exactly the input. A record inside one piece is a view of that piece, one across pieces is
/// copied once; nothing is allocated when the largest record has been seen.
/// Errors: never throws on input. From the first bad byte on, all comes out as `tail`.
/// Lifetimes: the piece must stay until next() gives nothing. Not thread-safe.
class CaptureReader {
 public:
  explicit CaptureReader(CaptureOrigin origin) : origin_(origin) {}

  /// Takes the next piece of the input. Only after next() gave nothing.
  void put(std::string_view piece);

  /// No more pieces will come.
  void finish() { end_ = true; }

  /// The next record; false: needs another piece, or the input is over.
  bool next(CaptureItem& item);

  [[nodiscard]] ReaderState state() const { return state_; }

  /// Bytes given out so far: where the next record begins in the (decompressed) input.
  [[nodiscard]] std::uint64_t offset() const { return offset_; }

  /// Where the first record that could not be read begins; only in a state of trouble.
  [[nodiscard]] std::uint64_t trouble_offset() const { return trouble_offset_; }

 private:
  FormatStep look(std::string_view data, CaptureItem& item);
  [[nodiscard]] bool in_trouble() const;
  void fail(ReaderState state);
  bool gather(std::size_t size);
  bool give(std::size_t size, CaptureItem& item);
  bool give_tail(CaptureItem& item);
  bool run_dry(CaptureItem& item);
  [[nodiscard]] std::string_view ahead() const;

  CaptureOrigin origin_;
  std::unique_ptr<CaptureFormat> format_;
  std::string_view piece_;       // what is left of the last piece put
  std::string carry_;            // a record that began in an earlier piece
  std::size_t carry_begin_ = 0;  // first byte of it not given out yet
  std::uint64_t offset_ = 0;
  std::uint64_t trouble_offset_ = 0;
  ReaderState state_ = ReaderState::reading;
  bool end_ = false;
};

}  // namespace flowmeter
