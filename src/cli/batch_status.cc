#include "cli/batch_status.h"

namespace flowmeter {

void BatchStatus::add(const InputResult& result) {
  switch (result.status) {
    case ExitStatus::ok:
      ++done_;
      break;
    case ExitStatus::damaged:
      ++done_;
      ++failed_;
      break;
    case ExitStatus::nothing_done:
      ++failed_;
      break;
    case ExitStatus::interrupted:
    case ExitStatus::terminated:
      interrupted_ = result.status;
      break;
  }
  output_failed_ |= result.output_failed && result.status != ExitStatus::nothing_done;
  stopped_ |= result.output_failed || interrupted();
}

ExitStatus BatchStatus::exit_status() const noexcept {
  if (interrupted()) return interrupted_;
  if (done_ == 0 && (failed_ != 0 || skipped_ != 0)) return ExitStatus::nothing_done;
  return failed_ == 0 ? ExitStatus::ok : ExitStatus::damaged;
}

}  // namespace flowmeter
