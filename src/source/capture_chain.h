#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>
#include <vector>

#include "source/capture_feed.h"
#include "source/child.h"
#include "source/waiter.h"

namespace flowmeter {

/// Several captures as one: a pipe out of which all their frames come, file by file, as pcapng. It is
/// filled by mergecap, one for each group of files, so that any number of files may follow each other;
/// each group is a section of its own.
class CaptureChain final : public CaptureFeed {
 public:
  /// `files` in the order in which they follow each other. Work goes on in `io`, which outlives it.
  /// Throws UsageError if there is no mergecap.
  CaptureChain(boost::asio::io_context& io, std::vector<std::string> files);

  [[nodiscard]] int fd() const noexcept override { return pipe_.read.get(); }

  /// No further file is begun.
  void end() override { next_ = files_.size(); }
  /// Why the pipe ended before the last file did, naming the file.
  [[nodiscard]] const std::string& failure() const noexcept override { return failure_; }

 private:
  void next();
  void listen();
  void group_over();

  boost::asio::io_context& io_;
  const std::string program_;
  const std::vector<std::string> files_;
  std::size_t next_ = 0;  // file
  Pipe pipe_;
  std::unique_ptr<Child> child_;
  std::unique_ptr<Waiter> errors_;
  std::string failure_;
};

}  // namespace flowmeter
