#include "source/tshark_pool.h"

#include <utility>

namespace flowmeter {
namespace {

constexpr std::size_t most_waiting = std::size_t{4} << 20;  // bytes, for all tsharks together
// Frames whose records fill tshark's output buffer of 4 KiB: all columns, or a line end at least.
constexpr std::size_t flush_frames = 128;
constexpr std::size_t plain_flush_frames = 4096;
constexpr std::size_t worth_flushing = 4 * plain_flush_frames;

}  // namespace

TsharkPool::TsharkPool(EventLoop& io, FrameDispatcher& dispatcher, Setup setup, TsharkProcess::Events events)
    : io_(io),
      dispatcher_(dispatcher),
      setup_(std::move(setup)),
      events_{std::move(events.guard),
              [this, output = std::move(events.output)] {
                launch_waiting();
                output();
              },
              std::move(events.written)},
      slots_(dispatcher.slots()) {
  for (unsigned slot = 0; slot < slots_.size(); ++slot) add(slot);
  dispatcher_.on_generation_end([this](unsigned slot) {
    end_generation(slot);
    add(slot);
  });
}

void TsharkPool::add(unsigned slot) {
  const std::uint32_t generation = slots_[slot].empty() ? 0 : newest(slot).generation() + 1;
  slots_[slot].push_back(
      {std::make_unique<TsharkProcess>(io_, events_, generation, segments_++, setup_.parser(slot))});
  setup_.added(slot, newest(slot));
}

void TsharkPool::write_dispatched() {
  for (unsigned slot = 0; slot < slots_.size(); ++slot) {
    if (dispatcher_.needed(slot) || (slot == 0 && input_ended_)) {
      newest(slot).input().add_all_of(dispatcher_.output(slot));
    }
  }
  for (unsigned slot = 0; slot < slots_.size(); ++slot) {
    for (const Member& member : slots_[slot]) member.process->input().write();
    queue_needed(slot);
  }
  launch_waiting();
}

/// A slot without frames has no tshark; but the first one says what is wrong with a capture.
void TsharkPool::queue_needed(unsigned slot) {
  for (Member& member : slots_[slot]) {
    const bool has_frames = &member != &slots_[slot].back() || dispatcher_.needed(slot);
    const bool says_what_is_wrong = member.process->segment() == 0 && input_ended_;
    if (member.queued || (!has_frames && !says_what_is_wrong)) continue;
    member.queued = true;
    waiting_.push_back({slot, member.process.get()});
  }
}

void TsharkPool::launch_waiting() {
  const std::size_t most = 2 * slots_.size() + 1;
  while (!waiting_.empty() && running() < most) {
    const Waiting next = waiting_.front();
    waiting_.pop_front();
    next.process->launch(setup_.command(next.slot));
  }
}

void TsharkPool::end_input() {
  input_ended_ = true;
  for (unsigned slot = 0; slot < slots_.size(); ++slot) {
    if (dispatcher_.needed(slot)) end_generation(slot);
    newest(slot).input().finish();
  }
  write_dispatched();
}

/// The slot's newest tshark gets nothing more of the capture. With flush frames for its last records a large
/// one need not end before they are read: letting go of all its memory takes tshark a while.
void TsharkPool::end_generation(unsigned slot) {
  if (dispatcher_.given(slot) >= worth_flushing) add_flush_frames(slot);
  PipeWriter& input = newest(slot).input();
  input.add_all_of(dispatcher_.output(slot));
  input.finish();
}

void TsharkPool::interrupt() {
  input_ended_ = true;
  for (auto& generations : slots_) {
    for (const Member& member : generations) {
      member.process->input().discard();
      member.process->input().finish();
    }
  }
}

void TsharkPool::kill() {
  for (auto& generations : slots_) {
    for (const Member& member : generations) member.process->kill();
  }
}

void TsharkPool::release_oldest(unsigned slot) {
  Member& oldest = slots_[slot].front();
  std::erase_if(waiting_, [&oldest](const Waiting& w) { return w.process == oldest.process.get(); });
  oldest.process->kill();
  released_.push_back(std::move(oldest));
  slots_[slot].pop_front();
  launch_waiting();
}

void TsharkPool::flush(unsigned slot, bool again) {
  if (input_ended_ || slots_[slot].size() != 1) return;
  Member& member = slots_[slot].front();
  PipeWriter& input = member.process->input();
  if (!input.is_open() || input.is_blocked() || input.waiting() != 0) return;
  const std::uint64_t records = member.process->records().count();
  if (member.flushed_at == records && !again) return;
  member.flushed_at = records;
  if (!add_flush_frames(slot)) return;
  input.add_all_of(dispatcher_.output(slot));
  input.write();
}

/// Adds as many flush frames for the slot as fill its tshark's output buffer.
bool TsharkPool::add_flush_frames(unsigned slot) {
  if (!setup_.buffers) return false;
  const bool plain = dispatcher_.has_local_headers(slot);
  return dispatcher_.add_flush_frames(slot, plain ? plain_flush_frames : flush_frames);
}

bool TsharkPool::accepts_more() const {
  std::size_t waiting = 0;
  for (const auto& generations : slots_) {
    for (const Member& member : generations) waiting += member.process->input().waiting();
  }
  return waiting_.empty() && waiting < most_waiting;
}

std::size_t TsharkPool::running() const {
  std::size_t count = 0;
  for (const auto& generations : slots_) {
    for (const Member& member : generations) count += member.process->running() ? 1 : 0;
  }
  return count;
}

}  // namespace flowmeter
