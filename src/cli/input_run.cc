#include "cli/input_run.h"

#include <fmt/format.h>
#include <signal.h>

#include <chrono>
#include <exception>
#include <new>
#include <utility>

#include "base/interrupt.h"
#include "base/service_manager.h"
#include "cli/end_remarks.h"
#include "dialect/parser.h"
#include "sink/format.h"

namespace flowmeter {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds grace{1000};     // for tshark to end after a signal
constexpr milliseconds draining{1700};  // for what was captured before it to be metered

/// What a part tells of the capture that it is of. Throws InputError for what is no capture.
InputFacts facts_for_part(const InputContext& context, const OpenedInput& input) {
  if (input.kind() == InputKind::cut) throw InputError("cut short in the middle of its header", true);
  if (input.kind() != InputKind::empty && !is_capture(input.kind())) {
    throw InputError("is not a capture; parts are made of captures only", true);
  }
  const std::vector<std::string> whole = {context.input.path};
  return {to_string(context.setup.get().tshark.version),
          context.input.parts.empty() ? whole : context.input.parts, input.frames_before()};
}

}  // namespace

InputRun::InputRun(const InputContext& context, Output& output, std::function<void(const InputResult&)> done)
    : context_(context),
      name_(input_name(context.input)),
      done_(std::move(done)),
      accounting_(context.options, context.input),
      rows_{GatedSink(output, [this] { refuse_if_lacking(); }), nullptr, nullptr},
      limit_(context.io) {
  rows_.writer = make_writer(rows_.sink, context.options.rows, context.plan.header);
  rows_.meter = context.plan.make(context.input.path, *rows_.writer);
}

void InputRun::begin() {
  guard([this] {
    open();
    interrupt_ = std::make_unique<InterruptWatch>(context_.io, [this] { guard([this] { interrupt(); }); });
    input_->find_kind();
  });
}

/// Opens the input, and starts the clocks of one that goes on.
void InputRun::open() {
  OpenedInput::Host host;
  host.guard = [this](const std::function<void()>& step) { guard(step); };
  host.bytes_read = [this](std::string_view bytes) { accounting_.add_bytes(bytes); };
  host.kind_is_known = [this] { start(); };
  host.file_is_damaged = [this](const std::string& why) {
    context_.reporter.warning(why);
    result_.status = ExitStatus::damaged;
  };
  input_ = std::make_unique<OpenedInput>(context_, std::move(host));
  tell_if_ready();
  if (context_.input.origin == InputOrigin::interface) {
    ticker_ = std::make_unique<LiveTicker>(
        context_.io, [this](std::optional<std::int64_t> now_ns) { guard([&] { tick(now_ns); }); });
    ticker_->start();
  }
  if (const auto& duration = context_.options.duration; duration && context_.input.endless()) {
    limit_.after(std::chrono::duration_cast<std::chrono::steady_clock::duration>(*duration),
                 [this] { end_feed(); });
  }
}

void InputRun::tell_if_ready() {
  if (ready_ || (input_->feed() != nullptr && !input_->feed()->begun())) return;
  ready_ = true;
  tell_service_manager("READY=1");
}

/// Reads the input, now that it is known what it is.
void InputRun::start() {
  if (context_.options.partial) rows_.meter->begin(facts_for_part(context_, *input_));
  if (input_->kind() == InputKind::empty) {
    if (!feed_failure().empty()) throw InputError(feed_failure(), true);
    finish(EndOfInput::complete);
    return;
  }
  refuse_unless_readable(input_->kind());
  choice_ = choose_source(context_, *input_);
  start_source();
}

void InputRun::start_source() {
  FrameSource::Host host;
  host.guard = [this](const std::function<void()>& step) { guard(step); };
  host.progressed = [this] { rows_.sink.flush(); };
  host.done = [this] { conclude(); };
  // A file is hashed when all is over: tshark may be its reader.
  if (!input_->is_file()) host.bytes_read = [this](std::string_view bytes) { accounting_.add_bytes(bytes); };
  host.lacking = [this](bool at_end) { fields_->refuse_if_lacking_for_long(at_end, rows_.sink.is_open()); };
  host.retry = [this](Retry retry) { replace_source(retry); };
  source_ = make_source(context_, *input_, choice_, std::move(host));
  source_->attach(rows_.meter->observer());
  accounting_.attach_to(*source_);
  if (ticker_) source_->attach(ticker_->observer());
  if (source_->due_fields() != nullptr) fields_ = std::make_unique<TextFields>(context_.plan, *source_);
  source_->start();
}

/// Reads the file again from its beginning, in another way. Of the frames that are published none is lost,
/// and none comes again. Whoever calls may be part of the source, so that it goes later.
void InputRun::replace_source(Retry retry) {
  source_->kill();
  post(context_.io, [this, retry] {
    guard([&] {
      choice_ = choose_again(choice_, retry, source_->published());
      source_.reset();
      input_->rewind();
      start_source();
    });
  });
}

/// A text of somebody else's tshark must have the fields that the columns need.
void InputRun::refuse_if_lacking() {
  if (fields_) fields_->refuse_if_lacking(rows_.sink.is_open());
}

/// The time passes on a wire, whether or not frames come.
void InputRun::tick(std::optional<std::int64_t> now_ns) {
  tell_if_ready();
  if (!now_ns || phase_ >= Phase::ended) return;
  if (input_->has_unread() || source_->has_frames_in_flight()) return;
  source_->pass_time(*now_ns);
  rows_.sink.flush();
}

/// An input without an end ends here; what there is of it by now still comes.
void InputRun::end_feed() {
  if (phase_ == Phase::running) phase_ = Phase::ending;
  input_->feed()->end();
}

/// SIGINT and SIGTERM: whatever feeds us is told to end, or ends by itself, and what it still says is
/// read; but not for longer than `grace`. What an endless input has by then is metered to its end.
void InputRun::interrupt() {
  if (Interrupt::signal() == 0) return;
  tell_service_manager("STOPPING=1");
  const bool endless = context_.input.endless();
  if (endless) {
    end_feed();
  } else if (source_) {
    source_->interrupt();
  }
  limit_.after(endless ? draining : grace, [this] { guard([this] { finish(EndOfInput::interrupted); }); });
}

/// The source has given all frames of the input.
void InputRun::conclude() {
  if (Interrupt::signal() != 0) {
    finish(EndOfInput::interrupted);
    return;
  }
  refuse_if_lacking();
  if (!feed_failure().empty()) {
    throw InputError(feed_failure(), source_->frames() == 0 && context_.input.endless());
  }
  if (fields_) warn_of(context_.reporter, fields_->remarks(), name_);
  finish(EndOfInput::complete);
}

/// Ends the observers, which write what is open, and the run.
void InputRun::finish(EndOfInput end) {
  if (phase_ < Phase::ended) {
    phase_ = Phase::ended;
    refuse_if_lacking();
    if (source_) source_->end(end);
    rows_.sink.finish();
  }
  if (source_ && source_->skipped().count != 0 && result_.message.empty()) {
    result_.status = ExitStatus::damaged;
    result_.message = fmt::format("{}: {}", name_, in_words(source_->skipped()));
  }
  if (end == EndOfInput::interrupted) {
    result_.status = Interrupt::signal() == SIGTERM ? ExitStatus::terminated : ExitStatus::interrupted;
  }
  if (input_ && input_->feed() != nullptr) {
    warn_of(context_.reporter, remarks_on_drops(input_->feed()->counts()));
  }
  if (source_) {
    warn_of(context_.reporter, remarks_on_frames(*source_, rows_.meter->counters()), name_);
  }
  stop();
}

/// Why the input broke off; empty if it did not. A continuous capture names the file itself.
std::string InputRun::feed_failure() const {
  if (!input_ || input_->feed() == nullptr || input_->feed()->failure().empty()) return {};
  const std::string& failure = input_->feed()->failure();
  if (context_.input.origin != InputOrigin::file) return failure;
  return fmt::format("{} (after packet {} of all inputs)", failure, source_ ? source_->frames() : 0);
}

/// Runs a step; whatever it throws ends the run the way it should.
void InputRun::guard(const std::function<void()>& step) {
  if (phase_ == Phase::finished) return;
  try {
    step();
  } catch (const CutValue&) {
    replace_source(Retry::by_ek);
  } catch (const InputError& error) {
    fail(error);
  } catch (const std::bad_alloc&) {
    fail(InputError("out of memory"));  // what was asked for was much; to write what there is takes little
  } catch (...) {
    fail_without_rows();
  }
}

/// The input is damaged: what came before is written.
void InputRun::fail(const InputError& error) {
  if (source_) source_->kill();
  if (phase_ == Phase::ending && context_.input.origin == InputOrigin::growing) {  // it may end anywhere
    guard([&] { finish(Interrupt::signal() != 0 ? EndOfInput::interrupted : EndOfInput::complete); });
    return;
  }
  const bool nothing_done = error.nothing_done() && !rows_.sink.is_open();
  result_.status = nothing_done ? ExitStatus::nothing_done : ExitStatus::damaged;
  const std::string failure = feed_failure();
  result_.message = fmt::format("{}: {}", name_, failure.empty() ? error.what() : failure);
  // What begins like a capture is a broken one.
  result_.not_a_capture = error.not_a_capture() && !(input_ && input_->kind() == InputKind::capture);
  if (!nothing_done) {
    const std::string skipped = source_ ? in_words(source_->skipped()) : std::string{};
    result_.message +=
        fmt::format(" (the flows up to there are written{}{})", skipped.empty() ? "" : "; ", skipped);
    try {
      finish(EndOfInput::damaged);
    } catch (...) {
      fail_without_rows();
    }
  }
  stop();
}

/// Rows cannot be written any more. To be called where an exception is handled.
void InputRun::fail_without_rows() {
  result_ = result_of_exception(name_);
  stop();
}

/// The run is over, whatever still stands in the loop's queue.
void InputRun::stop() {
  if (source_) source_->kill();
  if (phase_ == Phase::finished) return;
  phase_ = Phase::finished;
  interrupt_.reset();
  limit_.cancel();
  if (ticker_) ticker_->stop();
  const bool is_file = input_ && input_->is_file();
  result_.account = accounting_.finish(
      {rows_.meter->counters().tally(), source_ ? source_->separated().media : 0,
       input_ && input_->feed() ? input_->feed()->counts() : std::vector<InterfaceCounts>{}, !is_file});
  // Handlers that are due already come first, and find that there is nothing left to do.
  post(context_.io, [this, is_file] {
    if (is_file && accounting_.has_digest() && result_.status != ExitStatus::nothing_done) {
      accounting_.hash_file(context_.io, input_->fd(), input_->begin(), [this] { done_(result_); });
    } else {
      done_(result_);
    }
  });
}

Reached InputRun::reached() const {
  const FlowCounters& flows = rows_.meter->counters();
  Reached reached{source_ ? source_->frames() : 0, flows.open_flows(), flows.ended_flows()};
  if (input_ && phase_ != Phase::finished) {
    reached.share = input_->share_read(source_ ? source_->reading_process() : std::nullopt);
  }
  if (input_ && input_->feed() != nullptr) reached.dropped = input_->feed()->dropped();
  return reached;
}

std::string InputRun::counters() const {
  std::string text = counters_line(name_, reached(), accounting_.elapsed());
  const std::string activity = source_ ? source_->activity() : std::string{};
  return activity.empty() ? text : fmt::format("{}, {}", text, activity);
}

}  // namespace flowmeter
