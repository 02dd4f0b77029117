#include "cli/run.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>

#include <cstring>

#include "base/interrupt.h"
#include "base/service_manager.h"
#include "cli/account.h"
#include "source/tshark_errors.h"

namespace flowmeter {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds grace{1000};     // for tshark to end after a signal
constexpr milliseconds draining{1700};  // for what was captured before it to be metered

}  // namespace

/// SIGINT and SIGTERM: whatever feeds us is told to end, or ends by itself, and what it still says is
/// read; but not for longer than `grace`. What an endless input has by then is metered to its end.
void Run::watch_interrupt() {
  // Several runs may wait in one loop, which takes each descriptor once.
  interrupt_fd_.reset(fcntl(Interrupt::descriptor(), F_DUPFD_CLOEXEC, 0));
  interrupt_ = std::make_unique<FdWatcher>(io_, interrupt_fd_.get());
  interrupt_->readable([this] {
    guarded([&] {
      if (Interrupt::signal() == 0) return;
      tell_service_manager("STOPPING=1");
      if (given_.endless()) {
        stopped_ = true;
        feed_->end();
      } else {
        if (fleet_) fleet_->interrupt();
        if (child_) child_->signal(SIGINT);
        if (pump_in_) {
          pump_in_->cancel();
          pump_out_.reset();
          child_->in().reset();
        }
      }
      deadline_.after(given_.endless() ? draining : grace, [this] {
        if (child_) child_->signal(SIGKILL);
        guarded([&] { finish(EndOfInput::interrupted); });
      });
    });
  });
}

void Run::end_of_output() {
  if (child_) {
    wait_for_child();
  } else {
    source_->close();
    conclude();
  }
}

/// tshark has closed its output and is about to end; there is nothing to do meanwhile.
void Run::wait_for_child() {
  if (const auto how = child_->poll()) {
    child_->take_errors();  // its last words may still be in the pipe
    guarded([&] { conclude_tshark(*how); });
    return;
  }
  child_wait_.after(milliseconds(2), [this] { guarded([&] { wait_for_child(); }); });
}

void Run::conclude_tshark(const ChildExit& how) {
  if (Interrupt::signal() != 0) {
    finish(EndOfInput::interrupted);
    return;
  }
  refuse_if_packing_is_broken();
  if (how.signal == 0 && how.status == 0) {
    source_->close();
    conclude();
    return;
  }
  const TsharkFailure failure = explain_failure(how, child_->errors(), frames());
  throw InputError(failure.message, failure.nothing_done, failure.not_a_capture);
}

/// Why the input broke off. A continuous capture names the file itself.
std::string Run::feed_failure() const {
  if (given_.origin != InputOrigin::file) return feed_->failure();
  const std::uint64_t packets = source_ || fleet_ ? frames() : 0;
  return fmt::format("{} (after packet {} of all inputs)", feed_->failure(), packets);
}

/// Frames that no row has, because nobody could take them in time.
void Run::warn_of_drops() {
  if (!feed_) return;
  for (const InterfaceCounts& counts : feed_->counts()) {
    if (counts.dropped == 0) continue;
    reporter_.warning(
        fmt::format("{}: {} of {} frames were dropped before they could be read (a larger -B, or a "
                    "filter with -f, may help)",
                    counts.name, counts.dropped, counts.received + counts.dropped));
  }
}

/// What the rows do not tell of the frames that were read, however that ended.
void Run::warn_of_frames() {
  if (!source_ && !fleet_) return;
  const PacketDecoder& decoder = fleet_ ? fleet_->decoder() : source_->decoder();
  if (const std::uint64_t count = decoder.timeless_frames(); count != 0) {
    reporter_.warning(
        fmt::format("{}: {} frame{} without a time stamp, counted with the time of the frame before", name_,
                    count, count == 1 ? "" : "s"));
  }
  if (const std::uint64_t count = decoder.headers_left_out(); count != 0) {
    reporter_.warning(fmt::format("{}: {} packet{} not counted: a frame had more than 64", name_, count,
                                  count == 1 ? " is" : "s are"));
  }
  if (const std::uint64_t count = decoder.forgotten_echoes(); count != 0) {
    reporter_.warning(fmt::format(
        "{}: {} echo conversation{} idle for so long that the memory for them was reused; their later "
        "messages begin new flows",
        name_, count, count == 1 ? " was" : "s were"));
  }
  for (const std::string& remark : remarks_on(meter_->counters())) {
    reporter_.warning(fmt::format("{}: {}", name_, remark));
  }
  if (const std::uint64_t count = fleet_ ? fleet_->pairs_refused() : 0; count != 0) {
    reporter_.warning(fmt::format(
        "{}: {} packet{} needed all traffic between two addresses in one tshark, but too many pairs of "
        "addresses did; streams may differ from those of a single tshark (-j1 --life-frames 0 uses one)",
        name_, count, count == 1 ? "" : "s"));
  }
  if (const std::uint64_t count = fleet_ ? fleet_->media_elsewhere() : 0; count != 0) {
    reporter_.warning(
        fmt::format("{}: {} packet{} of signalling announced media between other hosts than its own, of "
                    "which not every tshark "
                    "knows: streams there may be cut otherwise (-j1 --life-frames 0 is safe)",
                    name_, count, count == 1 ? "" : "s"));
  }
}

void Run::conclude() {
  if (Interrupt::signal() != 0) {
    finish(EndOfInput::interrupted);
    return;
  }
  refuse_if_lacking();
  if (feed_ && !feed_->failure().empty()) throw InputError(feed_failure(), frames() == 0 && given_.endless());
  warn_of_unseen_fields();
  warn_of_doubtful_fields();
  finish(EndOfInput::complete);
}

/// Ends the observers, which write what is open, and the run.
void Run::finish(EndOfInput end) {
  if (!ended_) {
    ended_ = true;
    refuse_if_lacking();
    if (source_) source_->end(end);
    if (fleet_) fleet_->end(end);
    sink_.finish();
  }
  if (const std::string words = skipped_in_words(); !words.empty() && result_.message.empty()) {
    result_.status = ExitStatus::damaged;
    result_.message = fmt::format("{}: {}", name_, words);
  }
  if (end == EndOfInput::interrupted) {
    result_.status = Interrupt::signal() == SIGTERM ? ExitStatus::terminated : ExitStatus::interrupted;
  }
  warn_of_drops();
  warn_of_frames();
  stop();
}

}  // namespace flowmeter
