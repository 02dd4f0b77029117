#pragma once

#include <memory>
#include <optional>
#include <string>

#include "source/capture_pump.h"
#include "source/child.h"
#include "source/frame_source.h"
#include "source/message_reader.h"
#include "source/text_reader.h"
#include "source/timer.h"
#include "source/tshark_command.h"

namespace flowmeter {

/// One tshark that dissects all of a capture, as a source of frames.
class SingleTshark final : public FrameSource {
 public:
  /// What is run on what.
  struct Setup {
    Command command;
    std::string command_line;                 ///< the same for FrameSource::command_line()
    Child::Input input = Child::Input::none;  ///< none: the command names a file; pipe: see CapturePump
    int fd = -1;                              ///< of the input; outlives the source
    std::string head{};                       ///< bytes of the input that were read before; with pipe
  };

  /// `text` reads what the command writes.
  SingleTshark(EventLoop& io, Setup setup, std::unique_ptr<DialectSource> text, Host host);

  void attach(PacketObserver& observer) override { text_->attach(observer); }
  void start() override;
  void interrupt() override;
  void kill() override;
  void pass_time(std::int64_t now_ns) override { text_->pass_time(now_ns); }
  void end(EndOfInput how) override { text_->end(how); }

  [[nodiscard]] bool has_frames_in_flight() const override { return pump_ && pump_->has_bytes_in_flight(); }
  [[nodiscard]] std::uint64_t published() const override { return text_->published(); }
  [[nodiscard]] const SkippedRecords& skipped() const override { return text_->skipped(); }
  [[nodiscard]] const PacketDecoder& decoder() const override { return text_->decoder(); }
  [[nodiscard]] std::string command_line() const override { return setup_.command_line; }
  [[nodiscard]] std::optional<int> reading_process() const override;

 private:
  void wait_for_exit();
  void finish(const ChildExit& how);

  EventLoop& io_;
  const Setup setup_;
  const std::unique_ptr<DialectSource> text_;
  const Host host_;
  std::unique_ptr<Child> child_;  // this and the following from start() on
  std::unique_ptr<TextReader> output_;
  std::unique_ptr<MessageReader> messages_;
  std::unique_ptr<CapturePump> pump_;  // or none
  Timer exit_;
};

}  // namespace flowmeter
