#include "source/fleet.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "base/interrupt.h"
#include "base/parse.h"
#include "source/dialect_source.h"
#include "source/tshark_errors.h"

namespace flowmeter {
namespace {

using boost::system::error_code;

constexpr std::uint64_t frames_ahead = 1U << 15;  // dealt, not collected yet
constexpr std::size_t piece_bytes = std::size_t{128} << 10;
constexpr std::size_t waiting_bytes = std::size_t{4} << 20;  // for all tsharks together
constexpr std::size_t trim_bytes = std::size_t{128} << 10;   // written, and to be let go of
constexpr std::size_t output_buffer = std::size_t{16} << 10;  // of a tshark
constexpr std::size_t filler_frames = 512;  // whose records fill that buffer
constexpr std::chrono::milliseconds pace{100};
constexpr std::size_t output_chunk = std::size_t{64} << 10;

FieldSet with_numbers(FieldSet fields) {
  fields.add("tcp.seq_raw");
  fields.add("tcp.ack_raw");
  return fields;
}

Command fleet_command(const FleetOptions& options, const FieldSet& fields) {
  TsharkRun run;
  run.decoder = options.decoder;
  run.input = "-";
  run.configuration_directory = options.configuration_directory;
  run.buffer_bytes = output_buffer;
  return tshark_command(options.tshark, fields, run);
}

DealerOptions dealer_options(const FleetOptions& options) {
  DealerOptions dealer;
  dealer.life_frames = options.life_frames;
  dealer.keeper = !options.tshark.transport_only && (options.jobs > 1 || options.life_frames != 0);
  return dealer;
}

}  // namespace

TsharkFleet::TsharkFleet(boost::asio::io_context& io, const FleetOptions& options,
                         const FieldSet& fields, CaptureOrigin origin, int fd, std::string head,
                         Host host)
    : io_(io),
      options_(options),
      fields_(with_numbers(fields)),
      sequence_(fields_.find("tcp.seq_raw")),
      acknowledgement_(fields_.find("tcp.ack_raw")),
      host_(std::move(host)),
      command_(fleet_command(options, fields_)),
      origin_(origin),
      fd_(fd),
      head_(std::move(head)),
      decompressor_([this](std::string_view plain) { dealer_.feed(plain); }),
      dealer_(options.jobs, origin, dealer_options(options)),
      lanes_(dealer_.lanes()),
      piece_(piece_bytes),
      record_(fields_.size()),
      decoder_(fields_, options.tunnel),
      directory_(options.idle, options.remembered_streams),
      ticker_(io) {
  decoder_.translate_streams(*this);
  decoder_.count_frames();
  for (unsigned lane = 0; lane < lanes_.size(); ++lane) begin_life(lane);
  dealer_.on_life_end([this](unsigned lane) {
    Life& life = *lanes_[lane].back();
    life.input += dealer_.output(lane);
    dealer_.output(lane).clear();
    life.input_over = true;
    begin_life(lane);
  });
}

TsharkFleet::~TsharkFleet() = default;

void TsharkFleet::begin_life(unsigned lane) {
  auto life = std::make_unique<Life>();
  life->lane = lane;
  life->number = lanes_[lane].empty() ? 0 : lanes_[lane].back()->number + 1;
  life->segment = segments_++;
  life->parser = make_parser(options_.decoder, fields_);
  lanes_[lane].push_back(std::move(life));
}

void TsharkFleet::start() {
  capture_ = std::make_unique<Waiter>(io_, fd_);
  if (!head_.empty()) feed(std::exchange(head_, {}));
  read_capture();
  tick();
}

bool TsharkFleet::may_read() const {
  if (capture_over_ || reading_ || dealer_.frames() - collected_ >= frames_ahead) return false;
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
  const bool only_tshark = dealer_.reader().state() == ReaderState::unsupported;
  if (only_tshark && origin_ == CaptureOrigin::file && segments_ == lanes_.size() &&
      dealer_.frames() == 0) {
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
  dealer_.finish();
  for (Lane& lane : lanes_) lane.back()->input_over = true;
  hand_out();
  collect();
}

/// Moves what the dealer has dealt to the tsharks' inputs.
void TsharkFleet::hand_out() {
  for (unsigned lane = 0; lane < lanes_.size(); ++lane) {
    if (!dealer_.needed(lane) && !(lane == 0 && capture_over_)) continue;
    std::string& output = dealer_.output(lane);
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
        const bool has_frames = life != lane.back() || dealer_.needed(life->lane);
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
  life.child = std::make_unique<Child>(command_, Child::Input::pipe);
  ++living_;
  life.in = std::make_unique<Waiter>(io_, life.child->in().get());
  life.out = std::make_unique<Waiter>(io_, life.child->out().get());
  life.err = std::make_unique<Waiter>(io_, life.child->err().get());
  read_output(life);
  read_errors(life);
  write(life);
}

void TsharkFleet::write(Life& life) {
  if (life.writing || !life.in) return;
  while (life.written < life.input.size() && !life.deaf) {
    const ssize_t count = ::write(life.child->in().get(), life.input.data() + life.written,
                                  life.input.size() - life.written);
    if (count >= 0) {
      life.written += static_cast<std::size_t>(count);
    } else if (errno == EAGAIN) {
      if (life.written >= trim_bytes) {
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
  if (dealer_.frames() - collected_ >= frames_ahead) push();
  read_capture();
  wind_up();
}

/// The next frame of the capture, if the tshark that has it has said it.
bool TsharkFleet::collect_frame() {
  DealLog& log = dealer_.log();
  if (log.empty() || rest_over_) return false;
  const DealRun run = log.front();
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
  publish_record(life);
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
    } catch (const InputError& error) {
      skip(fmt::format("tshark's output behind frame {}: {}", decoder_.frames(), error.what()));
      record_damaged_ = true;
    }
    ++life.taken;
    return true;
  }
}

/// Damage that is no reason to end, if the user wants to go on.
void TsharkFleet::skip(const std::string& why) {
  if (!options_.keep_going) throw InputError(why);
  if (skipped_.count++ == 0) skipped_.first = why;
}

void TsharkFleet::publish_record(const Life& life) {
  if (record_damaged_) return;
  try {
    due_segment_ = life.segment;
    publish(decoder_.decode(record_));
  } catch (const InputError& error) {
    skip(fmt::format("frame {}: {}", decoder_.frames(), error.what()));
  }
}

/// The stream of the whole input.
std::uint64_t TsharkFleet::translate(const Packet& header, bool /*quoted*/) {
  clock_ns_ = clock_set_ ? std::max(clock_ns_, header.time_ns) : header.time_ns;
  clock_set_ = true;
  TcpNumbers numbers;
  if (header.key.transport == Transport::tcp) {
    const auto value = [&](FieldId field) {
      const auto values = record_.values(field);
      return header.occurrence < values.size() ? parse_number(values[header.occurrence])
                                               : std::nullopt;
    };
    const auto sequence = value(sequence_);
    numbers.known = sequence.has_value();
    numbers.sequence = static_cast<std::uint32_t>(sequence.value_or(0));
    numbers.acknowledgement = static_cast<std::uint32_t>(value(acknowledgement_).value_or(0));
  }
  return directory_.resolve(due_segment_, header, numbers, clock_ns_);
}

/// Lets go of the lane's lives before `number`: nothing of theirs is waited for any more.
void TsharkFleet::retire(Lane& lane, std::uint32_t number) {
  while (lane.front()->number < number) {
    directory_.end_segment(lane.front()->segment);
    // Its handlers may stand in the loop's queue: it goes with the next tick, see there.
    retired_.push_back(std::move(lane.front()));
    lane.pop_front();
  }
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
  const TsharkFailure failure = explain_failure(
      how, life.child ? life.child->errors() : std::string(), decoder_.frames());
  throw InputError(failure.message, failure.nothing_done, failure.not_a_capture);
}

/// The frame that is due may stand in its tshark's output buffer: makes it come out.
void TsharkFleet::push() {
  DealLog& log = dealer_.log();
  if (log.empty() || capture_over_) return;
  const DealRun& run = log.front();
  Life& life = *lanes_[run.worker].front();
  const bool current = lanes_[run.worker].size() == 1;
  if (!current || !life.child || !life.in || life.writing || !life.input.empty()) return;
  if (life.pushed_at == life.taken) return;
  life.pushed_at = life.taken;
  if (dealer_.filler(run.worker, filler_frames)) {
    life.input += dealer_.output(run.worker);
    dealer_.output(run.worker).clear();
    write(life);
  }
}

/// Now and then: if nothing has come for a while though frames are due, they are pushed out.
void TsharkFleet::tick() {
  ticker_.expires_after(pace);
  ticker_.async_wait([this](error_code error) {
    if (error) return;
    host_.guard([this] {
      if (finished_) return;
      std::erase_if(retired_, [](const auto& life) { return !life->child || life->output_over; });
      if (collected_ == collected_at_tick_) {
        for (const Lane& lane : lanes_) lane.front()->pushed_at = UINT64_MAX;
        push();
      }
      collected_at_tick_ = collected_;
      tick();
    });
  });
}

/// Ends when all has been collected and every tshark has said all it had to say.
void TsharkFleet::wind_up() {
  const bool all_collected = dealer_.log().empty() || rest_over_;
  if (finished_ || !capture_over_ || !all_collected) return;
  for (const Lane& lane : lanes_) {
    for (const auto& life : lane) {
      if (life->queued && !life->output_over) return;
    }
  }
  if (rest_over_) {
    // The capture is damaged, or only tshark can read it: it says itself how it ended.
    Life& life = *lanes_[dealer_.log().front().worker].front();
    const ChildExit how = life.child->wait_for_end();
    if (how.status != 0 || how.signal != 0) fail(life, how);
  }
  finished_ = true;
  if (packing_ == PackingEnd::cut_short) {
    throw InputError(fmt::format("cut short in the middle of packet {}", decoder_.frames() + 1));
  }
  if (packing_ == PackingEnd::damaged) {
    throw InputError(fmt::format("damaged behind packet {}: {}", decoder_.frames(),
                                 decompressor_.problem()));
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
  const auto end = [](const Lane& lane) {
    for (const auto& life : lane) {
      life->in.reset();
      life->out.reset();
      life->err.reset();
      if (life->child) life->child->signal(SIGKILL);
    }
  };
  std::for_each(lanes_.begin(), lanes_.end(), end);
  end(retired_);
}

}  // namespace flowmeter
