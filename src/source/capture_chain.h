#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "source/capture_feed.h"
#include "source/child.h"
#include "source/message_reader.h"

namespace flowmeter {

/// Several captures as one: a pipe out of which all their frames come, file by file, as pcapng. It is
/// filled by mergecap, one for each group of files, so that any number of files may follow each other;
/// each group is a section of its own. Files whose clocks mergecap does not keep go in as they are.
class CaptureChain final : public CaptureFeed {
 public:
  /// Is told why a file was not read to its end; the file is named.
  using Damaged = std::function<void(const std::string&)>;

  /// `files` in the order in which they follow each other; it ends at the first one that is damaged.
  /// Throws UsageError if there is no mergecap.
  CaptureChain(EventLoop& io, const std::vector<std::string>& files);

  /// Files that come one by one, see add(), until end() is called. Throws UsageError likewise.
  CaptureChain(EventLoop& io, Damaged damaged);

  /// Another file, behind all others.
  void add(std::string file);

  [[nodiscard]] int fd() const noexcept override { return pipe_.read.get(); }
  /// No further file is added.
  void end() override;
  [[nodiscard]] const std::string& failure() const noexcept override { return failure_; }

 private:
  void next();
  [[nodiscard]] Command take_group();
  [[nodiscard]] bool refuse_packed_clock();
  void group_over();

  EventLoop& io_;
  const std::string program_;
  const Damaged damaged_;  // or none: damage is the end
  std::deque<std::string> files_;
  bool complete_;  // no further file will come
  Pipe pipe_;
  std::unique_ptr<Child> child_;
  std::unique_ptr<MessageReader> errors_;
  std::string failure_;
};

}  // namespace flowmeter
