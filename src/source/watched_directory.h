#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/descriptor.h"
#include "source/capture_chain.h"
#include "source/capture_feed.h"
#include "source/fd_watcher.h"

namespace flowmeter {

/// A directory in which somebody leaves captures, one after the other (tcpdump -G, dumpcap -b), as one
/// capture. A file is read when its writer has closed it or moved it there; those that are there before come
/// first, in time order. Files that are being written at first are waited for as well, if the system tells
/// that they are (to their owner and to root), else the newest one: until it is closed or another one is
/// begun. Hidden files and what is no capture do not count.
class WatchedDirectory final : public CaptureFeed {
 public:
  /// Which of some files are captures, in the order of their times.
  using InOrder = std::function<std::vector<std::string>(const std::vector<std::string>&)>;

  /// `damaged` is told of a file that could not be read to its end; the others are read all the same.
  /// Throws InputError if that is no directory that can be watched.
  WatchedDirectory(EventLoop& io, std::string path, InOrder in_order, CaptureChain::Damaged damaged);

  [[nodiscard]] int fd() const noexcept override { return chain_.fd(); }
  /// What is closed by now is still read.
  void end() override;
  [[nodiscard]] const std::string& failure() const noexcept override { return chain_.failure(); }

 private:
  void scan();
  void listen();
  void take_events();
  void complete(std::string name);

  const std::string path_;
  const InOrder in_order_;
  CaptureChain chain_;
  Descriptor events_;
  std::unique_ptr<FdWatcher> waiter_;
  /// What tells a file from another one of its name.
  struct Identity {
    std::uint64_t inode = 0;
    std::int64_t size = -1, modified_ns = 0;
    friend bool operator==(const Identity&, const Identity&) = default;
  };
  [[nodiscard]] Identity identity_of(const std::string& name) const;

  std::map<std::string, Identity> known_;  // by name, as they were when they were read; or are being written
  std::string unsure_;                     // the name that may be being written
};

}  // namespace flowmeter
