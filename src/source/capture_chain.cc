#include "source/capture_chain.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "base/interrupt.h"
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

CaptureChain::CaptureChain(boost::asio::io_context& io, std::vector<std::string> files)
    : io_(io), program_(find_mergecap()), files_(std::move(files)), pipe_(make_pipe()) {
  next();
}

/// Starts the mergecap for the next files, or closes the pipe behind the last ones.
void CaptureChain::next() {
  errors_.reset();
  child_.reset();
  if (next_ == files_.size() || !failure_.empty() || Interrupt::signal() != 0) {
    pipe_.write.reset();
    return;
  }
  const std::size_t end = std::min(files_.size(), next_ + files_at_once);
  Command command{program_, {"-a", "-F", "pcapng", "-w", "-", "--"}, private_environment()};
  command.arguments.insert(command.arguments.end(), files_.begin() + static_cast<std::ptrdiff_t>(next_),
                           files_.begin() + static_cast<std::ptrdiff_t>(end));
  next_ = end;
  child_ = std::make_unique<Child>(command, Child::Input::none, -1, pipe_.write.get());
  errors_ = std::make_unique<Waiter>(io_, child_->err().get());
  listen();
}

/// mergecap is over when it closes its standard error.
void CaptureChain::listen() {
  errors_->readable([this] {
    if (child_->take_errors()) {
      listen();
    } else {
      group_over();
    }
  });
}

void CaptureChain::group_over() {
  const ChildExit how = child_->wait_for_end();
  if (how.signal != 0) {
    failure_ = fmt::format("mergecap was ended by signal {} ({})", how.signal, strsignal(how.signal));
  } else if (how.status != 0) {
    failure_ = last_words(child_->errors());
    if (failure_.starts_with("mergecap: ")) failure_.erase(0, 10);
    if (failure_.empty()) failure_ = fmt::format("mergecap failed (status {})", how.status);
  }
  next();
}

}  // namespace flowmeter
