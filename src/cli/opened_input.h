#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/descriptor.h"
#include "cli/input_feed.h"
#include "source/fd_watcher.h"
#include "source/input_sniffer.h"

namespace flowmeter {

/// An input that was opened: the descriptor to read it from, and what it is by its first bytes.
class OpenedInput {
 public:
  /// What is called while the first bytes are read, see find_kind(). All of it outlives the input.
  struct Host {
    std::function<void(const std::function<void()>&)> guard;  ///< runs a step, handles its exceptions
    std::function<void(std::string_view)> bytes_read{};       ///< of a pipe; or nothing
    std::function<void()> kind_is_known;
    std::function<void(const std::string& why)> file_is_damaged;  ///< one of those of a directory
  };

  /// `context` outlives the object. Throws as make_feed(), and InputError for what cannot be opened.
  OpenedInput(const InputContext& context, Host host);

  /// Reads as much as tells what it is, then calls Host::kind_is_known: at once for a file, in the loop for a
  /// pipe. Throws InputError.
  void find_kind();

  /// To be read from; a pipe from behind head() on. Not closed before the object is gone.
  [[nodiscard]] int fd() const noexcept { return fd_; }
  /// Whether it is a regular file, which can be read again and does not change.
  [[nodiscard]] bool is_file() const noexcept { return is_file_; }
  /// Where a file begins: its descriptor, if it was handed to us, may have been read from.
  [[nodiscard]] std::int64_t begin() const noexcept { return begin_; }
  /// Goes back there.
  void rewind() const;

  /// What fills the pipe; null: it is the input itself that is read.
  [[nodiscard]] CaptureFeed* feed() const noexcept { return feed_.get(); }
  /// Frames at its beginning that are of the capture before it.
  [[nodiscard]] std::uint64_t frames_before() const noexcept { return fragments_.frames; }

  [[nodiscard]] InputKind kind() const noexcept { return kind_; }
  [[nodiscard]] bool is_compressed() const noexcept { return compressed_; }
  /// Bytes of a pipe that were read to find out what it is.
  [[nodiscard]] const std::string& head() const noexcept { return head_; }
  /// Whether they are all of it.
  [[nodiscard]] bool head_is_all() const noexcept { return head_is_all_; }

  /// Whether bytes are waiting in the pipe.
  [[nodiscard]] bool has_unread() const noexcept;

  /// How much of a file was read, 0 to 1, by us or by the process `reader`; none: it is not known.
  [[nodiscard]] std::optional<double> share_read(std::optional<int> reader) const;

 private:
  void open_file();
  void read_head();
  void set_kind(InputKind seen, bool compressed);

  const InputContext& context_;
  const Host host_;
  const EarlierFragments fragments_;
  const std::unique_ptr<CaptureFeed> feed_;  // or none
  Descriptor file_;                          // or none
  int fd_ = -1;
  bool is_file_ = false;
  std::int64_t begin_ = 0;
  std::unique_ptr<FdWatcher> watcher_;  // while the head is read
  InputSniffer sniffer_;
  std::string head_;
  bool head_is_all_ = false;
  InputKind kind_ = InputKind::unknown;
  bool compressed_ = false;
};

/// Throws InputError for what is neither tshark's text nor a capture.
void refuse_unless_readable(InputKind kind);

}  // namespace flowmeter
