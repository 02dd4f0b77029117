#pragma once

#include <optional>
#include <string>

#include "base/descriptor.h"
#include "source/capture_feed.h"
#include "source/pipe_writer.h"
#include "source/timer.h"

namespace flowmeter {

/// A file that somebody still writes: at its end it is looked at again ten times a second, whatever file
/// system it is on, until end() says that it is over.
class FollowedFile final : public CaptureFeed {
 public:
  /// Throws InputError if that is no file that can be read.
  FollowedFile(EventLoop& io, const std::string& path);

  [[nodiscard]] int fd() const noexcept override { return pipe_.read.get(); }
  void end() override;
  [[nodiscard]] const std::string& failure() const noexcept override { return failure_; }

 private:
  void pump();
  bool read_more();

  Pipe pipe_;
  Descriptor file_;
  PipeWriter out_;
  Timer again_;
  std::optional<std::int64_t> end_;  // bytes that still count
  std::int64_t position_ = 0;
  std::string piece_;
  std::string failure_;
};

}  // namespace flowmeter
