#include "source/tshark_process.h"

#include <signal.h>

#include <utility>

namespace flowmeter {

TsharkProcess::TsharkProcess(EventLoop& io, const Events& events, std::uint32_t generation,
                             std::uint32_t segment, std::unique_ptr<RecordParser> parser)
    : io_(io),
      events_(events),
      generation_(generation),
      segment_(segment),
      records_(std::move(parser)),
      input_(io, [&events] { events.guard(events.written); }) {}

void TsharkProcess::launch(const Command& command) {
  child_ = std::make_unique<Child>(command, Child::Input::pipe);
  output_ = std::make_unique<FdWatcher>(io_, child_->out().get());
  errors_ = std::make_unique<MessageReader>(io_, *child_);
  read_output();
  input_.open(std::move(child_->in()));
  input_.write();
}

void TsharkProcess::read_output() {
  constexpr std::size_t output_chunk = std::size_t{64} << 10;
  output_->readable([this] {
    events_.guard([this] {
      const std::size_t count = read_some(output_->fd(), records_.room(output_chunk));
      if (count == 0) {
        output_.reset();
        records_.end();
      } else {
        records_.commit(count);
        read_output();
      }
      events_.output();
    });
  });
}

void TsharkProcess::kill() {
  if (!running()) return;
  input_.close();
  output_.reset();
  errors_.reset();
  child_->signal(SIGKILL);
  records_.end();
}

std::string TsharkProcess::errors() {
  if (!child_) return {};
  child_->take_errors();
  return child_->errors();
}

}  // namespace flowmeter
