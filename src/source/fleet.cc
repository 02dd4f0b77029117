#include "source/fleet.h"

#include <chrono>
#include <utility>

#include "base/error.h"
#include "base/interrupt.h"
#include "source/dialect_source.h"
#include "source/tshark_errors.h"

namespace flowmeter {
namespace {

constexpr std::uint64_t frames_ahead = 1U << 15;  // dispatched, not collected yet
constexpr std::chrono::milliseconds silence{100};

Command fleet_command(const FleetOptions& options, const FieldSet& fields) {
  TsharkInvocation run;
  run.decoder = options.decoder;
  run.input = "-";
  run.configuration_directory = options.configuration_directory;
  run.at_once = options.at_once;
  run.shielded = options.shielded;
  return tshark_command(options.tshark, fields, run);
}

DispatcherOptions dispatcher_options(const FleetOptions& options) {
  DispatcherOptions dispatcher;
  dispatcher.generation_frames = options.life_frames;
  dispatcher.local_headers = options.read_headers;
  dispatcher.stateful_worker =
      !options.tshark.transport_only && (options.jobs > 1 || options.life_frames != 0);
  return dispatcher;
}

}  // namespace

TsharkFleet::TsharkFleet(EventLoop& io, const FleetOptions& options, const FieldSet& fields,
                         CaptureOrigin origin, int fd, std::string head, Host host)
    : origin_(origin),
      host_(std::move(host)),
      dispatcher_(options.jobs, origin, dispatcher_options(options)),
      collector_(dispatcher_, options, fields, options.decoder == TsharkOutputFormat::columns),
      command_(fleet_command(options, collector_.asked())),
      plain_command_(fleet_command(options, collector_.asked_of_plain())),
      pool_(io, dispatcher_, pool_setup(options),
            {host_.guard, [this] { collect(); }, [this] { ingest_.resume(); }}),
      ingest_(io, fd, dispatcher_, ingest_host()),
      head_(std::move(head)),
      timer_(io) {
  collector_.on_generation_done([this](unsigned slot) { pool_.release_oldest(slot); });
}

TsharkPool::Setup TsharkFleet::pool_setup(const FleetOptions& options) {
  TsharkPool::Setup setup;
  setup.buffers = !options.at_once;
  setup.command = [this](unsigned slot) -> const Command& {
    return dispatcher_.has_local_headers(slot) ? plain_command_ : command_;
  };
  setup.parser = [this, format = options.decoder](unsigned slot) {
    const bool plain = dispatcher_.has_local_headers(slot);
    return make_parser(format, collector_.fields(), plain ? collector_.asked_of_plain() : collector_.asked());
  };
  setup.added = [this](unsigned slot, TsharkProcess& next) {
    collector_.add(slot, next.generation(), next.segment(), next.records());
  };
  return setup;
}

CaptureIngest::Host TsharkFleet::ingest_host() {
  CaptureIngest::Host host;
  host.guard = host_.guard;
  host.read = host_.took;
  host.may_read = [this] { return in_flight() < frames_ahead && pool_.accepts_more(); };
  host.dispatched = [this] { give_to_tsharks(); };
  host.ended = [this] {
    pool_.end_input();
    collect();
  };
  return host;
}

void TsharkFleet::start() {
  ingest_.start(std::exchange(head_, {}));
  watch_for_silence();
}

void TsharkFleet::give_to_tsharks() {
  const bool only_tshark = dispatcher_.reader().state() == ReaderState::unsupported;
  const bool nothing_done = dispatcher_.frames() == 0 && !pool_.replaced_any();
  if (only_tshark && nothing_done && origin_ == CaptureOrigin::file) {
    finished_ = true;
    ingest_.stop();
    host_.unsplittable();
    return;
  }
  pool_.write_dispatched();
}

/// Publishes all frames that can be.
void TsharkFleet::collect() {
  if (finished_) return;
  const std::uint64_t before = collector_.collected();
  while (publish_next()) {
  }
  if (finished_) return;
  if (collector_.collected() != before) host_.progressed();
  if (in_flight() >= frames_ahead / 2) flush_due(false);
  ingest_.resume();
  finish_if_complete();
}

/// Publishes the next frame. False: that is not possible, for now or for good.
bool TsharkFleet::publish_next() {
  switch (collector_.next()) {
    case NextFrame::ready:
      try {
        publish(collector_.frame());
      } catch (const InputError& error) {
        collector_.leave_out(error);
      }
      return true;
    case NextFrame::left_out:
      return true;
    case NextFrame::waiting:
      return false;
    case NextFrame::missing:
      end_without_frame();
      return false;
    case NextFrame::disagreed:
      kill();
      host_.disagreed(published());
      return false;
  }
  return false;
}

/// A tshark ended before it gave the frame that is due: the input ends here.
void TsharkFleet::end_without_frame() {
  finished_ = true;
  if (Interrupt::signal() != 0) {
    host_.done();
    return;
  }
  TsharkProcess& process = pool_.oldest(dispatcher_.log().front().slot);
  fail(process, process.wait_for_end());
}

void TsharkFleet::fail(TsharkProcess& process, const ChildExit& how) {
  finished_ = true;
  const TsharkFailure failure = explain_failure(how, process.errors(), frames());
  throw InputError(failure.message, failure.nothing_done, failure.not_a_capture);
}

/// The frame that is due may be in its tshark's output buffer: makes it come out.
void TsharkFleet::flush_due(bool again) {
  if (!dispatcher_.log().empty()) pool_.flush(dispatcher_.log().front().slot, again);
}

/// Now and then: if nothing has come for a while though frames are due, they are flushed.
void TsharkFleet::watch_for_silence() {
  timer_.after(silence, [this] {
    host_.guard([this] {
      if (finished_) return;
      pool_.free_released();
      if (collector_.collected() == collected_before_) flush_due(true);
      collected_before_ = collector_.collected();
      watch_for_silence();
    });
  });
}

void TsharkFleet::finish_if_complete() {
  if (!ingest_.ended() || !collector_.complete()) return;
  if (collector_.rest_ended()) {
    // The capture is damaged, or only tshark can read it: it says itself how it ended.
    TsharkProcess& process = pool_.oldest(dispatcher_.log().front().slot);
    const ChildExit how = process.wait_for_end();
    if (how.status != 0 || how.signal != 0) fail(process, how);
  }
  finished_ = true;
  if (ingest_.packing() != PackingEnd::whole) {
    throw InputError(explain_packing(ingest_.packing(), ingest_.problem(), frames()));
  }
  host_.done();
}

void TsharkFleet::interrupt() {
  pool_.interrupt();
  ingest_.stop();
}

void TsharkFleet::kill() {
  finished_ = true;
  timer_.cancel();
  ingest_.stop();
  pool_.kill();
}

}  // namespace flowmeter
