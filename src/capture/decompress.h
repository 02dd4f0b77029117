#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace flowmeter {

/// How a compressed input ended.
enum class PackingEnd : std::uint8_t {
  whole,      ///< at the end of a member or frame, or it was not compressed
  cut_short,  ///< inside one: tshark says "cut short in the middle of a packet"
  damaged     ///< the data make no sense: tshark says "cannot be decompressed" or the like
};

/// One member or frame of a compressed format; see unpack.h.
class Unpacker;

/// Turns gzip, zstd and LZ4 frames into plain bytes, as they come.
/// Told apart by magic numbers, at the start and after each member or frame, so that
/// concatenations of any of them work; whatever is none of them is plain from there to the end, but zeros
/// that end the input are padding, as gzip has it.
/// Input: feed() pieces of any size, finish() once.
/// Output: `sink` gets the plain bytes; a plain input is handed on piece by piece without a copy.
/// Errors: never throws on input; feed() turns false, and what came before the damage was given.
/// Lifetimes: the view given to `sink` dies when it returns. Not thread-safe.
/// Source: wiretap/file_wrappers.c, 4.0.17; also takes zstd's skippable frames, which that does
/// not.
class Decompressor {
 public:
  using Sink = std::function<void(std::string_view plain)>;

  explicit Decompressor(Sink sink);
  ~Decompressor();
  Decompressor(const Decompressor&) = delete;
  Decompressor& operator=(const Decompressor&) = delete;

  /// Takes the next piece. False: the input is damaged, nothing more is taken.
  bool feed(std::string_view piece);

  /// No more pieces will come; gives out what was held back and tells how the input ended.
  PackingEnd finish();

  /// Whether any part of the input was compressed.
  [[nodiscard]] bool compressed() const { return compressed_; }

  /// What the library says is wrong with a damaged input, such as "gzip: incorrect data check".
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  bool detect(bool end);
  void unpack(std::string_view& piece);
  void pass(std::string_view& piece);
  void pad(std::string_view& piece);

  enum class Mode : std::uint8_t { detecting, plain, packed, padding, damaged };

  Sink sink_;
  Mode mode_ = Mode::detecting;
  bool compressed_ = false;
  std::string held_;         // up to four bytes, until it is clear what begins there
  std::uint64_t zeros_ = 0;  // after the last member or frame
  std::unique_ptr<Unpacker> unpacker_;
  std::unique_ptr<char[]> plain_;
  std::string problem_;
};

}  // namespace flowmeter
