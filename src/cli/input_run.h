#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "cli/account.h"
#include "cli/input_accounting.h"
#include "cli/input_context.h"
#include "cli/interrupt_watch.h"
#include "cli/live_ticker.h"
#include "cli/opened_input.h"
#include "cli/output.h"
#include "cli/source_choice.h"
#include "cli/text_fields.h"
#include "observer/progress.h"
#include "schema/meter.h"
#include "source/frame_source.h"
#include "source/timer.h"

namespace flowmeter {

/// The metering of one input, from its bytes to its rows: opens it, sees what it is, makes the source of its
/// frames, lets the meter see them, and tells how it ended. What was read before damage is written.
class InputRun {
 public:
  /// `output` gets the rows. `done` is called in the loop when all is over; it may destroy the run. What
  /// `context` refers to, and `output`, outlive the run.
  InputRun(const InputContext& context, Output& output, std::function<void(const InputResult&)> done);

  /// Begins; everything else happens in the loop.
  void begin();

  /// How far it is.
  [[nodiscard]] Reached reached() const;

  /// The same in a line without the program's name, with what the tsharks are doing.
  [[nodiscard]] std::string counters() const;

 private:
  /// What makes rows of the frames.
  struct Metering {
    GatedSink sink;
    std::unique_ptr<RowWriter> writer;
    std::unique_ptr<Meter> meter;
  };
  enum class Phase {
    running,
    ending,    // an input without an end was told to end
    ended,     // the observers were told that it is over
    finished,  // so is the run
  };

  void open();
  void tell_if_ready();
  void start();
  void start_source();
  void replace_source(Retry retry);
  void refuse_if_lacking();
  void tick(std::optional<std::int64_t> now_ns);
  void end_feed();
  void interrupt();
  void conclude();
  void finish(EndOfInput end);
  [[nodiscard]] std::string feed_failure() const;
  void guard(const std::function<void()>& step);
  void fail(const InputError& error);
  void fail_without_rows();
  void stop();

  const InputContext context_;
  const std::string name_;
  const std::function<void(const InputResult&)> done_;
  InputAccounting accounting_;
  Metering rows_;
  std::unique_ptr<OpenedInput> input_;   // or none: not opened yet
  std::unique_ptr<LiveTicker> ticker_;   // or none: not live
  SourceChoice choice_;                  // of source_
  std::unique_ptr<FrameSource> source_;  // or none: not known yet what the input is
  std::unique_ptr<TextFields> fields_;   // of a text
  std::unique_ptr<InterruptWatch> interrupt_;
  Timer limit_;  // of an input without an end, then of what is still read after an interrupt
  Phase phase_ = Phase::running;
  bool ready_ = false;  // and the service manager was told
  InputResult result_;
};

}  // namespace flowmeter
