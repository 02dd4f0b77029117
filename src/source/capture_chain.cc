#include "source/capture_chain.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "base/interrupt.h"
#include "capture/clock.h"
#include "source/tshark_errors.h"

namespace flowmeter {
namespace {

/// mergecap holds all of them open.
constexpr std::size_t files_at_once = 100;

std::string find_mergecap() {
  std::string program = program_in_path("mergecap");
  if (!program.empty()) return program;
  throw UsageError("mergecap: not found in PATH; --continuous needs it (Debian: wireshark-common)");
}

}  // namespace

CaptureChain::CaptureChain(EventLoop& io, const std::vector<std::string>& files)
    : io_(io),
      program_(find_mergecap()),
      files_(files.begin(), files.end()),
      complete_(true),
      pipe_(make_pipe()) {
  next();
}

CaptureChain::CaptureChain(EventLoop& io, Damaged damaged)
    : io_(io),
      program_(find_mergecap()),
      damaged_(std::move(damaged)),
      complete_(false),
      pipe_(make_pipe()) {}

void CaptureChain::add(std::string file) {
  files_.push_back(std::move(file));
  if (!child_) next();
}

void CaptureChain::end() {
  complete_ = true;
  if (!child_) next();
}

/// The command for the next files, which leave the queue. mergecap does not keep odd clocks; what has one is
/// pcapng, of which one file may follow another as it is.
Command CaptureChain::take_group() {
  // One that is damaged must not keep those after it back.
  const std::size_t most = damaged_ ? 1 : std::min(files_.size(), files_at_once);
  std::size_t count = 0;
  while (count < most && clock_of(files_[count]) == ClockKind::plain) ++count;
  Command command{program_, {"-a", "-F", "pcapng", "-w", "-", "--"}, private_environment()};
  if (count == 0) {
    count = 1;
    command.program = program_in_path("cat");
    command.arguments = {"--"};
  }
  command.shielded = damaged_ != nullptr;
  const auto end = files_.begin() + static_cast<std::ptrdiff_t>(count);
  command.arguments.insert(command.arguments.end(), files_.begin(), end);
  files_.erase(files_.begin(), end);
  return command;
}

/// A compressed file cannot be joined to others as it is.
bool CaptureChain::refuse_packed_clock() {
  if (clock_of(files_.front()) != ClockKind::packed) return false;
  std::string why = fmt::format(
      "{}: mergecap would not keep its times (a clock with an offset, or in powers of two); "
      "unpack the file",
      files_.front());
  files_.pop_front();
  if (damaged_) {
    damaged_(why);
  } else {
    failure_ = std::move(why);
  }
  return true;
}

/// Starts what copies the next files, or closes the pipe behind the last ones.
void CaptureChain::next() {
  errors_.reset();
  child_.reset();
  if (files_.empty() || !failure_.empty() || (!damaged_ && Interrupt::signal() != 0)) {
    if (complete_ || !failure_.empty()) pipe_.write.reset();
    return;
  }
  if (refuse_packed_clock()) return next();
  child_ = std::make_unique<Child>(take_group(), Child::Input::none, -1, pipe_.write.get());
  // mergecap is over when it closes its standard error.
  errors_ = std::make_unique<MessageReader>(io_, *child_, [this] { group_over(); });
}

void CaptureChain::group_over() {
  const ChildExit how = child_->wait_for_end();
  std::string why;
  if (how.signal != 0) {
    why = fmt::format("mergecap was killed by signal {} ({})", how.signal, strsignal(how.signal));
  } else if (how.status != 0) {
    why = last_words(child_->errors());
    if (why.starts_with("mergecap: ")) why.erase(0, 10);
    if (why.empty()) why = fmt::format("mergecap failed (status {})", how.status);
  }
  if (!why.empty() && damaged_) {
    damaged_(why);
  } else {
    failure_ = std::move(why);
  }
  next();
}

}  // namespace flowmeter
