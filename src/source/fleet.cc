#include "source/fleet.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "base/interrupt.h"
#include "source/dialect_source.h"
#include "source/tshark_errors.h"

namespace flowmeter {
namespace {

constexpr std::uint64_t frames_ahead = 1U << 15;  // dealt, not collected yet
constexpr std::size_t piece_bytes = std::size_t{128} << 10;
constexpr std::size_t waiting_bytes = std::size_t{4} << 20;  // for all tsharks together
constexpr std::size_t trim_bytes = std::size_t{128} << 10;   // written, and to be let go of
constexpr std::size_t kept_bytes = std::size_t{512} << 10;   // of a buffer that is empty
// Frames whose records fill tshark's output buffer of 4 KiB: all columns, or a line end at least.
constexpr std::size_t filler_frames = 128;
constexpr std::size_t open_filler_frames = 4096;
constexpr std::size_t worth_filling = 4 * open_filler_frames;
constexpr std::chrono::milliseconds pace{100};
constexpr std::size_t output_chunk = std::size_t{64} << 10;

Command fleet_command(const FleetOptions& options, const FieldSet& fields) {
  TsharkInvocation run;
  run.decoder = options.decoder;
  run.input = "-";
  run.configuration_directory = options.configuration_directory;
  run.at_once = options.at_once;
  run.shielded = options.shielded;
  return tshark_command(options.tshark, fields, run);
}

DispatcherOptions dealer_options(const FleetOptions& options) {
  DispatcherOptions dealer;
  dealer.life_frames = options.life_frames;
  dealer.headers = options.read_headers;
  dealer.keeper = !options.tshark.transport_only && (options.jobs > 1 || options.life_frames != 0);
  return dealer;
}

}  // namespace

TsharkFleet::TsharkFleet(EventLoop& io, const FleetOptions& options, const FieldSet& fields,
                         CaptureOrigin origin, int fd, std::string head, Host host)
    : io_(io),
      options_(options),
      fields_(fields),
      facts_(fields_),
      media_(options.watch_media ? std::optional<MediaWatch>(std::in_place, fields_,
                                                             options.decoder == TsharkOutputFormat::columns)
                                 : std::nullopt),
      asked_(fields_),
      asked_of_open_(LocalHeaderMerger::remaining(fields, options.protocols)),
      headers_(options.read_headers
                   ? std::optional<LocalHeaderMerger>(std::in_place, fields_, options.protocols)
                   : std::nullopt),
      host_(std::move(host)),
      command_(fleet_command(options, asked_)),
      open_command_(fleet_command(options, asked_of_open_)),
      origin_(origin),
      fd_(fd),
      head_(std::move(head)),
      decompressor_([this](std::string_view plain) { dispatcher_.feed(plain); }),
      dispatcher_(options.jobs, origin, dealer_options(options)),
      lanes_(dispatcher_.lanes()),
      piece_(piece_bytes),
      record_(fields_.size()),
      decoder_(fields_, options.tunnel),
      directory_(options.idle, options.remembered_streams,
                 StreamRules::of(options.tshark.version.major, options.tshark.version.minor)
                     .value_or(StreamRules::usual())),
      ticker_(io) {
  decoder_.translate_streams(*this);
  decoder_.count_frames();
  for (unsigned lane = 0; lane < lanes_.size(); ++lane) begin_life(lane);
  dispatcher_.on_life_end([this](unsigned lane) {
    end_input(lane);
    begin_life(lane);
  });
}

TsharkFleet::~TsharkFleet() = default;

void TsharkFleet::begin_life(unsigned lane) {
  auto life = std::make_unique<Life>();
  life->lane = lane;
  life->number = lanes_[lane].empty() ? 0 : lanes_[lane].back()->number + 1;
  life->segment = segments_++;
  life->parser = make_parser(options_.decoder, fields_, dispatcher_.open(lane) ? asked_of_open_ : asked_);
  lanes_[lane].push_back(std::move(life));
}

void TsharkFleet::start() {
  capture_ = std::make_unique<FdWatcher>(io_, fd_);
  if (!head_.empty()) feed(std::exchange(head_, {}));
  read_capture();
  tick();
}

bool TsharkFleet::may_read() const {
  if (capture_over_ || reading_ || dispatcher_.frames() - collected_ >= frames_ahead) return false;
  if (!waiting_.empty()) return false;
  std::size_t waiting = 0;
  for (const Lane& lane : lanes_) {
    for (const auto& life : lane) waiting += life->input.size() - life->written;
  }
  return waiting < waiting_bytes;
}

void TsharkFleet::read_capture() {
  if (!may_read()) return;
  reading_ = true;
  capture_->readable([this] {
    host_.guard([this] {
      reading_ = false;
      if (capture_over_) return;
      const std::size_t count = read_some(fd_, piece_);
      if (host_.took) host_.took({piece_.data(), count});
      if (count == 0) {
        end_of_capture();
      } else {
        feed({piece_.data(), count});
      }
      read_capture();
    });
  });
}

void TsharkFleet::feed(std::string_view piece) {
  if (!decompressor_.feed(piece)) {
    end_of_capture();
    return;
  }
  const bool only_tshark = dispatcher_.reader().state() == ReaderState::unsupported;
  if (only_tshark && origin_ == CaptureOrigin::file && segments_ == lanes_.size() &&
      dispatcher_.frames() == 0) {
    finished_ = capture_over_ = true;
    host_.unsplittable();
    return;
  }
  hand_out();
}

void TsharkFleet::end_of_capture() {
  if (capture_over_) return;
  capture_over_ = true;
  packing_ = decompressor_.finish();
  dispatcher_.finish();
  for (unsigned lane = 0; lane < lanes_.size(); ++lane) {
    if (dispatcher_.needed(lane)) end_input(lane);
    lanes_[lane].back()->input_over = true;
  }
  hand_out();
  collect();
}

/// The lane's life gets nothing more of the capture. With what pushes its last records out a large one
/// need not end before they are read: letting go of all its memory takes tshark a while.
void TsharkFleet::end_input(unsigned lane) {
  if (dispatcher_.given(lane) >= worth_filling) fill(lane);
  Life& life = *lanes_[lane].back();
  life.input += dispatcher_.output(lane);
  dispatcher_.output(lane).clear();
  life.input_over = true;
}

/// Adds as many frames without meaning to the lane as fill its tshark's output buffer.
bool TsharkFleet::fill(unsigned lane) {
  if (options_.at_once) return false;  // nothing stays in its buffer
  return dispatcher_.filler(lane, dispatcher_.open(lane) ? open_filler_frames : filler_frames);
}

/// Moves what the dealer has dealt to the tsharks' inputs.
void TsharkFleet::hand_out() {
  for (unsigned lane = 0; lane < lanes_.size(); ++lane) {
    if (!dispatcher_.needed(lane) && !(lane == 0 && capture_over_)) continue;
    std::string& output = dispatcher_.output(lane);
    Life& life = *lanes_[lane].back();
    if (life.input.empty()) {
      life.input.swap(output);
    } else {
      life.input += output;
    }
    output.clear();
  }
  for (Lane& lane : lanes_) {
    for (const auto& life : lane) {
      if (life->child) {
        write(*life);
      } else if (!life->queued) {
        // A lane without frames has no tshark; but the first one says what is wrong with a capture.
        const bool has_frames = life != lane.back() || dispatcher_.needed(life->lane);
        const bool speaks = life->segment == 0 && capture_over_;
        if (!has_frames && !speaks) continue;
        life->queued = true;
        waiting_.push_back(life.get());
      }
    }
  }
  launch_waiting();
}

void TsharkFleet::launch_waiting() {
  const std::size_t most = 2 * lanes_.size() + 1;
  while (!waiting_.empty() && living_ < most) {
    Life& life = *waiting_.front();
    waiting_.pop_front();
    launch(life);
  }
}

void TsharkFleet::launch(Life& life) {
  const Command& command = dispatcher_.open(life.lane) ? open_command_ : command_;
  life.child = std::make_unique<Child>(command, Child::Input::pipe);
  ++living_;
  life.in = std::make_unique<FdWatcher>(io_, life.child->in().get());
  life.out = std::make_unique<FdWatcher>(io_, life.child->out().get());
  life.err = std::make_unique<FdWatcher>(io_, life.child->err().get());
  read_output(life);
  read_errors(life);
  write(life);
}

void TsharkFleet::write(Life& life) {
  if (life.writing || !life.in) return;
  while (life.written < life.input.size() && !life.deaf) {
    const ssize_t count =
        ::write(life.child->in().get(), life.input.data() + life.written, life.input.size() - life.written);
    if (count >= 0) {
      life.written += static_cast<std::size_t>(count);
    } else if (errno == EAGAIN) {
      if (life.written >= std::max(trim_bytes, life.input.size() / 2)) {
        life.input.erase(0, life.written);
        life.written = 0;
      }
      life.writing = true;
      life.in->writable([this, &life] {
        host_.guard([this, &life] {
          life.writing = false;
          write(life);
          read_capture();
        });
      });
      return;
    } else if (errno != EINTR) {
      life.deaf = true;  // it has ended; its exit will say why
    }
  }
  life.input.clear();
  life.written = 0;
  if (life.input.capacity() > kept_bytes)
    life.input.shrink_to_fit();  // many lives have had much to write once
  if (life.input_over || life.deaf) {
    life.in.reset();
    life.child->in().reset();
  }
}

void TsharkFleet::read_output(Life& life) {
  life.out->readable([this, &life] {
    host_.guard([this, &life] {
      const std::size_t count = read_some(life.out->fd(), life.framer.room(output_chunk));
      if (count == 0) {
        life.out.reset();
        life.output_over = true;  // if its last line is torn, how it ended says more
        --living_;
      } else {
        life.framer.commit(count);
        read_output(life);
      }
      launch_waiting();
      collect();
    });
  });
}

void TsharkFleet::read_errors(Life& life) {
  life.err->readable([this, &life] {
    host_.guard([this, &life] {
      if (life.child->take_errors()) read_errors(life);
    });
  });
}

/// Publishes all frames that can be.
void TsharkFleet::collect() {
  if (finished_) return;
  const std::uint64_t before = collected_;
  while (collect_frame()) {
  }
  if (finished_) return;
  if (collected_ != before) host_.progressed();
  if (dispatcher_.frames() - collected_ >= frames_ahead / 2) push();
  read_capture();
  wind_up();
}

/// The next frame of the capture, if the tshark that has it has said it.
bool TsharkFleet::collect_frame() {
  DispatchLog& log = dispatcher_.log();
  if (log.empty() || rest_over_) return false;
  const DispatchSpan run = log.front();
  Lane& lane = lanes_[run.worker];
  retire(lane, run.life);
  Life& life = *lane.front();
  while (true) {
    if (!take_record(life)) {
      if (!life.output_over) return false;
      if (run.rest) {
        rest_over_ = true;
        return false;
      }
      lost(life);
      return false;
    }
    const std::uint64_t place = life.taken - 1;
    if (place >= run.first) break;
  }
  if (!complete_record(life) || !publish_record(life)) {
    disagree();
    return false;
  }
  if (!run.rest) {
    log.take();
    ++collected_;
  }
  return true;
}

/// Parses the life's next record, if there is one.
bool TsharkFleet::take_record(Life& life) {
  while (true) {
    record_damaged_ = false;
    try {
      const auto text = life.framer.next();
      if (!text) return false;
      if (!life.parser->parse(*text, record_)) continue;
      if (life.parser->before() != Between::nothing)
        throw InputError("a frame after text that tshark does not write");
    } catch (const CutValue& error) {
      pass_over(error);
      record_damaged_ = true;
    } catch (const InputError& error) {
      skip(fmt::format("tshark's output after frame {}: {}", decoder_.frames(), error.what()));
      record_damaged_ = true;
    }
    ++life.taken;
    return true;
  }
}

/// Damage that is no reason to end, if the user wants to go on.
void TsharkFleet::skip(const std::string& why) {
  if (!options_.keep_going) throw InputError(why);
  count_skipped(why);
}

/// A record that columns did not hold; nobody can be asked again unless the capture can be read again.
void TsharkFleet::pass_over(const CutValue& error) {
  if (options_.refuse_cut_values) throw error;
  count_skipped(fmt::format("tshark's output after frame {}: {}", collected_, error.what()));
}

void TsharkFleet::count_skipped(const std::string& why) {
  if (skipped_.count++ == 0) skipped_.first = why;
}

/// Adds what the splitter read of the frame. False: tshark sees something else.
bool TsharkFleet::complete_record(const Life& life) {
  if (!dispatcher_.open(life.lane)) return true;
  if (dispatcher_.headers().empty()) return false;  // a frame that the splitter did not see as one
  const bool agreed = record_damaged_ || headers_->complete(record_, dispatcher_.headers().front());
  dispatcher_.headers().pop_front();
  return agreed;
}

/// False: tshark sees other headers than the splitter.
bool TsharkFleet::publish_record(const Life& life) {
  if (record_damaged_) return true;
  try {
    due_ = &life;
    const Frame& frame = decoder_.decode(record_);
    if (media_ && !dispatcher_.open(life.lane)) media_->look(record_);
    const std::size_t streams = frame.packets.size() + frame.quoted.size();
    if (dispatcher_.open(life.lane) && streams != (headers_->has_stream() ? 1 : 0)) return false;
    if (decoder_.frames() > options_.frames_before) publish(frame);
    return true;
  } catch (const CutValue& error) {
    pass_over(error);
    return true;
  } catch (const InputError& error) {
    skip(fmt::format("frame {}: {}", decoder_.frames(), error.what()));
    return true;
  }
}

void TsharkFleet::disagree() {
  kill();
  host_.disagreed(published());
}

/// The stream of the whole input.
std::uint64_t TsharkFleet::translate(const Packet& header, bool quoted) {
  clock_ns_ = clock_set_ ? std::max(clock_ns_, header.time_ns) : header.time_ns;
  clock_set_ = true;
  const StreamFacts facts = dispatcher_.open(due_->lane) ? headers_->facts() : facts_.of(header, quoted);
  return directory_.resolve(due_->segment, header, facts, clock_ns_);
}

/// Lets go of the lane's lives before `number`: nothing of theirs is waited for any more.
void TsharkFleet::retire(Lane& lane, std::uint32_t number) {
  while (lane.front()->number < number) {
    directory_.end_segment(lane.front()->segment);
    end(*lane.front());
    // It may be its own handler that we are in: it goes with the next tick.
    retired_.push_back(std::move(lane.front()));
    lane.pop_front();
  }
}

/// Nothing is waited for any more from that tshark.
void TsharkFleet::end(Life& life) {
  if (!life.child || life.output_over) return;
  life.in.reset();
  life.out.reset();
  life.err.reset();
  life.child->signal(SIGKILL);
  life.output_over = true;
  --living_;
}

/// A tshark ended before it gave the frame that is due: the input ends here.
void TsharkFleet::lost(Life& life) {
  finished_ = true;
  if (Interrupt::signal() != 0) {
    host_.done();
    return;
  }
  fail(life, life.child ? life.child->wait_for_end() : ChildExit{});
}

void TsharkFleet::fail(Life& life, const ChildExit& how) {
  finished_ = true;
  if (life.child) life.child->take_errors();
  const TsharkFailure failure =
      explain_failure(how, life.child ? life.child->errors() : std::string(), decoder_.frames());
  throw InputError(failure.message, failure.nothing_done, failure.not_a_capture);
}

/// The frame that is due may stand in its tshark's output buffer: makes it come out.
void TsharkFleet::push() {
  DispatchLog& log = dispatcher_.log();
  if (log.empty() || capture_over_) return;
  const DispatchSpan& run = log.front();
  Life& life = *lanes_[run.worker].front();
  const bool current = lanes_[run.worker].size() == 1;
  if (!current || !life.child || !life.in || life.writing || !life.input.empty()) return;
  if (life.pushed_at == life.taken) return;
  life.pushed_at = life.taken;
  if (fill(run.worker)) {
    life.input += dispatcher_.output(run.worker);
    dispatcher_.output(run.worker).clear();
    write(life);
  }
}

/// Now and then: if nothing has come for a while though frames are due, they are pushed out.
void TsharkFleet::tick() {
  ticker_.after(pace, [this] {
    host_.guard([this] {
      if (finished_) return;
      retired_.clear();
      if (collected_ == collected_at_tick_) {
        for (const Lane& lane : lanes_) lane.front()->pushed_at = UINT64_MAX;
        push();
      }
      collected_at_tick_ = collected_;
      tick();
    });
  });
}

/// Ends when all has been collected.
void TsharkFleet::wind_up() {
  const bool all_collected = dispatcher_.log().empty() || rest_over_;
  if (finished_ || !capture_over_ || !all_collected) return;
  if (rest_over_) {
    // The capture is damaged, or only tshark can read it: it says itself how it ended.
    Life& life = *lanes_[dispatcher_.log().front().worker].front();
    const ChildExit how = life.child->wait_for_end();
    if (how.status != 0 || how.signal != 0) fail(life, how);
  }
  finished_ = true;
  if (packing_ != PackingEnd::whole) {
    throw InputError(explain_packing(packing_, decompressor_.problem(), decoder_.frames()));
  }
  host_.done();
}

void TsharkFleet::interrupt() {
  for (Lane& lane : lanes_) {
    for (const auto& life : lane) {
      life->input.clear();
      life->written = 0;
    }
  }
  if (!capture_over_) {
    capture_over_ = true;
    for (Lane& lane : lanes_) {
      for (const auto& life : lane) life->input_over = true;
    }
    for (Lane& lane : lanes_) {
      for (const auto& life : lane) {
        if (life->child) write(*life);
      }
    }
  }
}

void TsharkFleet::kill() {
  finished_ = capture_over_ = true;
  ticker_.cancel();
  capture_.reset();
  for (Lane& lane : lanes_) {
    for (const auto& life : lane) end(*life);
  }
}

}  // namespace flowmeter
