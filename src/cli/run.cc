#include "cli/run.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <cstring>

#include "base/interrupt.h"

namespace flowmeter {
namespace {

constexpr std::size_t hash_chunk = std::size_t{1} << 20;

}  // namespace

/// The input is damaged: what came before is written.
void Run::fail(const InputError& error) {
  if (stopped_ && given_.origin == InputOrigin::growing) {  // a growing file may end anywhere
    if (fleet_) fleet_->kill();
    guarded([&] { finish(Interrupt::signal() != 0 ? EndOfInput::interrupted : EndOfInput::complete); });
    return;
  }
  const bool nothing_done = error.nothing_done() && !sink_.is_open();
  result_.status = nothing_done ? ExitStatus::nothing_done : ExitStatus::damaged;
  result_.message = fmt::format("{}: {}", name_, error.what());
  if (feed_ && !feed_->failure().empty()) result_.message = fmt::format("{}: {}", name_, feed_failure());
  // What begins like a capture is a broken one.
  result_.not_a_capture = error.not_a_capture() && kind_ != InputKind::capture;
  if (child_) child_->signal(SIGKILL);
  if (fleet_) fleet_->kill();
  if (!nothing_done) {
    const std::string before = skipped_in_words();
    result_.message +=
        fmt::format(" (the flows up to there are written{}{})", before.empty() ? "" : "; ", before);
    try {
      finish(EndOfInput::damaged);
    } catch (...) {
      fail_without_rows();
    }
  }
  stop();
}

/// Rows cannot be written any more. To be called where an exception is handled.
void Run::fail_without_rows() {
  try {
    throw;
  } catch (const ReaderGone&) {
    result_ = {ExitStatus::ok, "", true, false};
  } catch (const InputError& error) {
    result_ = {error.nothing_done() ? ExitStatus::nothing_done : ExitStatus::damaged,
               fmt::format("{}: {}", name_, error.what()), false, false};
  } catch (const OutputError& error) {
    result_ = {ExitStatus::damaged, error.what(), true, false};
  } catch (const UsageError& error) {
    result_ = {ExitStatus::nothing_done, error.what(), true, false};
  } catch (const std::exception& error) {
    result_ = {ExitStatus::damaged, fmt::format("{}: {}", name_, error.what()), false, false};
  }
  stop();
}

/// The run is over, whatever still stands in the loop's queue.
void Run::stop() {
  if (child_) child_->signal(SIGKILL);
  if (fleet_) fleet_->kill();
  if (finished_) return;
  finished_ = true;
  for (auto* waiter : {&output_, &errors_, &interrupt_, &pump_in_, &pump_out_}) waiter->reset();
  for (auto* timer : {&deadline_, &stop_at_, &live_tick_, &child_wait_}) timer->cancel();
  if (account_) close_account();
  // Handlers that are due already come first, and find that there is nothing left to do.
  post(io_, [this] {
    if (digest_ && seekable_ && result_.status != ExitStatus::nothing_done) {
      hash_file();
    } else {
      done_(result_);
    }
  });
}

/// Bytes that came out of a pipe. A file is hashed when all is over: tshark may be its reader.
void Run::take(std::string_view bytes) {
  if (digest_ && !seekable_) digest_->add(bytes);
}

void Run::close_account() {
  account_->seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  account_->flows = meter_->counters().tally();
  if (fleet_) account_->media_elsewhere = fleet_->media_elsewhere();
  account_->files = {{input_, std::nullopt, ""}};
  if (feed_) account_->interfaces = feed_->counts();
  if (digest_ && !seekable_) account_->files[0] = {input_, digest_->bytes(), digest_->hex()};
  result_.account = account_;
}

/// Hashes the next piece of the input's file; runs beside this one go on meanwhile. Who ends the run
/// does not want to wait for the rest.
void Run::hash_file() {
  std::string piece(hash_chunk, '\0');
  const ssize_t count = pread(fd_, piece.data(), piece.size(), begin_ + static_cast<off_t>(digest_->bytes()));
  if (count > 0 && Interrupt::signal() == 0) {
    digest_->add({piece.data(), static_cast<std::size_t>(count)});
    post(io_, [this] { hash_file(); });
    return;
  }
  if (count == 0) account_->files[0] = {input_, digest_->bytes(), digest_->hex()};
  done_(result_);
}

void Run::begin() {
  guarded([&] {
    open();
    watch_interrupt();
    sniff_head();
  });
}

std::uint64_t Run::frames() const { return fleet_ ? fleet_->frames() : source_->frames(); }

const SkippedRecords& Run::skipped() const {
  static const SkippedRecords none;
  return fleet_ ? fleet_->skipped() : source_ ? source_->skipped() : none;
}

/// "2 damaged records were skipped, the first: line 12: ..."; empty if there was none.
std::string Run::skipped_in_words() const {
  const auto& [count, first] = skipped();
  if (count == 0) return {};
  if (count == 1) return fmt::format("1 damaged record was skipped: {}", first);
  return fmt::format("{} damaged records were skipped, the first: {}", count, first);
}

std::string input_name(const Input& input) {
  if (input.parts.size() > 1) return fmt::format("{} and {} more", input.path, input.parts.size() - 1);
  return input.path == "-" ? "standard input" : input.path;
}

std::unique_ptr<InputRun> InputRun::start(EventLoop& io, const Options& options, const MeterPlan& plan,
                                          TsharkSetup& setup, const Input& input, unsigned jobs,
                                          Output& output, Reporter& reporter,
                                          std::function<void(const InputResult&)> done) {
  auto run = std::make_unique<Run>(io, options, plan, setup, input, jobs, output, reporter, std::move(done));
  run->begin();
  return run;
}

}  // namespace flowmeter
