#include "source/single_tshark.h"

#include <signal.h>

#include <chrono>
#include <utility>

#include "base/error.h"
#include "base/interrupt.h"
#include "source/tshark_errors.h"

namespace flowmeter {

SingleTshark::SingleTshark(EventLoop& io, Setup setup, std::unique_ptr<DialectSource> text, Host host)
    : io_(io), setup_(std::move(setup)), text_(std::move(text)), host_(std::move(host)), exit_(io) {}

void SingleTshark::start() {
  child_ = std::make_unique<Child>(setup_.command, setup_.input, setup_.fd);
  Host reading = host_;
  reading.bytes_read = nullptr;  // tshark's output is not the input
  output_ =
      std::make_unique<TextReader>(io_, child_->out().get(), *text_, reading, [this] { wait_for_exit(); });
  output_->start();
  messages_ = std::make_unique<MessageReader>(io_, *child_);
  if (setup_.input == Child::Input::pipe) {
    pump_ = std::make_unique<CapturePump>(io_, setup_.fd, std::move(child_->in()), host_);
    pump_->start(setup_.head);
  }
}

/// tshark writes what it has, and ends.
void SingleTshark::interrupt() {
  if (!child_) return;
  child_->signal(SIGINT);
  if (pump_) pump_->stop();
}

void SingleTshark::kill() {
  if (!child_) return;
  child_->signal(SIGKILL);
  output_->stop();
  messages_.reset();
  if (pump_) pump_->stop();
  exit_.cancel();
}

std::optional<int> SingleTshark::reading_process() const {
  if (!child_ || setup_.input != Child::Input::none) return std::nullopt;
  return child_->pid();
}

/// tshark has closed its output and is about to end; there is nothing to do meanwhile.
void SingleTshark::wait_for_exit() {
  if (const auto how = child_->poll()) {
    child_->take_errors();  // its last words may still be in the pipe
    finish(*how);
    return;
  }
  exit_.after(std::chrono::milliseconds(2), [this] { host_.guard([this] { wait_for_exit(); }); });
}

void SingleTshark::finish(const ChildExit& how) {
  if (Interrupt::signal() == 0) {
    if (pump_ && pump_->packing() != PackingEnd::whole) {  // tshark was given all that could be decompressed
      throw InputError(explain_packing(pump_->packing(), pump_->problem(), frames()));
    }
    if (how.signal != 0 || how.status != 0) {
      const TsharkFailure failure = explain_failure(how, child_->errors(), frames());
      throw InputError(failure.message, failure.nothing_done, failure.not_a_capture);
    }
    text_->close();
  }
  host_.done();
}

}  // namespace flowmeter
