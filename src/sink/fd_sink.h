#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/sha256.h"
#include "sink/byte_sink.h"

namespace flowmeter {

/// A buffered descriptor: stdout, a pipe, a terminal, a file. Waits for a slow reader, but not when
/// the user ends the run: then the reader has a second left.
class FdSink final : public ByteSink {
 public:
  /// `name` is for messages. Does not close the descriptor.
  FdSink(int fd, std::string name);

  void write(std::string_view bytes) override;
  void flush() override;
  void finish() override { flush(); }

  /// Keeps a digest of what is written from now on.
  void keep_digest() { digest_ = std::make_unique<Sha256>(); }
  /// In 64 hexadecimal digits; empty if none is kept.
  [[nodiscard]] std::string digest() const { return digest_ ? digest_->hex() : std::string(); }

  /// What has been handed to the system so far: bytes, and those write()s of which it has all bytes.
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }
  [[nodiscard]] std::uint64_t whole_writes() const noexcept { return whole_writes_; }
  /// The last of these bytes that are the beginning of a write() whose rest failed.
  [[nodiscard]] std::size_t torn_bytes() const noexcept { return torn_bytes_; }

 private:
  void wait_writable();
  void account(std::size_t done);

  const int fd_;
  const std::string name_;
  const bool may_block_;  // not a regular file
  std::string buffer_;
  std::vector<std::size_t> ends_;  // of the write()s in the buffer
  std::unique_ptr<Sha256> digest_;
  std::uint64_t bytes_ = 0, whole_writes_ = 0;
  std::size_t torn_bytes_ = 0;
};

}  // namespace flowmeter
