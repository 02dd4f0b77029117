#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "source/child.h"
#include "source/event_loop.h"
#include "source/fd_watcher.h"
#include "source/message_reader.h"
#include "source/pipe_writer.h"
#include "source/tshark_command.h"
#include "source/tshark_records.h"

namespace flowmeter {

/// A tshark that dissects a capture which is written to its standard input. What it is given is a segment:
/// its stream numbers mean something there only. It waits with its input until it is launched. It knows
/// nothing of other tsharks, nor of the order of their frames.
class TsharkProcess {
 public:
  /// What happens to it, told in the event loop.
  struct Events {
    std::function<void(const std::function<void()>&)> guard;  ///< runs a step, handles its exceptions
    std::function<void()> output;   ///< more records may be there, or the output has ended
    std::function<void()> written;  ///< input that had to wait was written, or dropped
  };

  /// `generation`: which of its worker's it is; `segment`: which of all. `parser`: for its records.
  /// `io` and `events` outlive it.
  TsharkProcess(EventLoop& io, const Events& events, std::uint32_t generation, std::uint32_t segment,
                std::unique_ptr<RecordParser> parser);

  /// Starts it. Throws std::system_error if it cannot be started.
  void launch(const Command& command);
  [[nodiscard]] bool launched() const noexcept { return child_ != nullptr; }

  /// Whether it was launched and its output has not ended.
  [[nodiscard]] bool running() const noexcept { return launched() && !records_.ended(); }

  /// Nothing is waited for any more from it.
  void kill();

  /// How it ended, when its output has ended: waits for a moment, then ends it. Not before it is launched.
  [[nodiscard]] ChildExit wait_for_end() { return child_->wait_for_end(); }

  /// What it has written to its standard error by now, see Child::errors().
  [[nodiscard]] std::string errors();

  [[nodiscard]] std::uint32_t generation() const noexcept { return generation_; }
  [[nodiscard]] std::uint32_t segment() const noexcept { return segment_; }

  /// Bytes for its standard input.
  [[nodiscard]] PipeWriter& input() noexcept { return input_; }
  [[nodiscard]] TsharkRecords& records() noexcept { return records_; }

 private:
  void read_output();

  EventLoop& io_;
  const Events& events_;
  const std::uint32_t generation_;
  const std::uint32_t segment_;
  TsharkRecords records_;
  PipeWriter input_;
  std::unique_ptr<Child> child_;           // or none yet
  std::unique_ptr<FdWatcher> output_;      // of the child's, until it ends
  std::unique_ptr<MessageReader> errors_;  // likewise
};

}  // namespace flowmeter
