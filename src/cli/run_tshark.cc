#include "cli/run.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "capture/first_frame.h"
#include "source/tshark_errors.h"

namespace flowmeter {
namespace {

constexpr std::size_t output_buffer = std::size_t{64} << 10;          // of a single tshark
constexpr std::uintmax_t worth_replacing = std::uintmax_t{64} << 20;  // bytes of a capture
// A thousand times as much when unpacked, at the most.
constexpr std::size_t pump_chunk = std::size_t{16} << 10;

}  // namespace

/// Several tsharks pay, and one that is replaced is needed, from some size on. They cannot share a
/// capture that only tshark can read, a run in which frames are left out or that ends before the capture,
/// fields whose values come of what tshark remembers of a stream, nor transports other than TCP and UDP.
/// Versions whose streams are not known in all cases do so on demand only, and where memory would grow for
/// ever.
bool Run::wants_fleet(InputKind kind) const {
  const TsharkOptions& tshark = options_.tshark;
  if (!setup_.get().shares && !options_.jobs_given && !given_.endless()) return false;
  if (kind != InputKind::capture || options_.decoder == TsharkOutputChoice::json) return false;
  if (!tshark.display_filter.empty() || !tshark.extra_arguments.empty()) return false;
  if (plan_.transports != tcp_and_udp) return false;
  const auto& names = plan_.fields.names();
  if (!std::all_of(names.begin(), names.end(), stateless)) return false;
  if (plan_.one_tshark) return false;
  if (options_.live.frames != 0 && options_.live.interfaces.empty()) return false;
  if (options_.jobs_given || !seekable_) return jobs_ > 1 || options_.life_frames != 0;
  struct stat status {};
  if (fstat(fd_, &status) != 0) return false;
  return static_cast<std::uintmax_t>(status.st_size) >= (jobs_ > 1 ? worth_sharing : worth_replacing);
}

void Run::start_tshark(InputKind kind) {
  const TsharkSetup::Choice& choice = setup_.get();
  own_stream_ = true;
  output_.reset();
  if (wants_fleet(kind)) {
    start_fleet(choice, choice.decoder, may_read_headers(choice));
  } else {
    start_single(choice, choice.decoder);
  }
}

/// If columns turn out not to hold what the capture has, and the user has not asked for them, and if the
/// capture can be read again.
bool Run::may_change_decoder(TsharkOutputFormat decoder) const {
  return seekable_ && decoder == TsharkOutputFormat::columns &&
         options_.decoder == TsharkOutputChoice::automatic;
}

/// Ends what is at work, and starts another from the beginning of the file. Whoever calls may be part of what
/// is at work, so it happens later.
void Run::begin_again(std::function<void()> how) {
  post(io_, [this, how = std::move(how)] {
    guarded([&] {
      fleet_.reset();
      for (auto* waiter : {&output_, &errors_, &pump_in_, &pump_out_}) waiter->reset();
      child_.reset();
      source_.reset();
      lseek(fd_, begin_, SEEK_SET);
      how();
    });
  });
}

/// Of the frames that are published none is lost, and none comes again.
void Run::begin_again_by_ek() {
  const TsharkSetup::Choice& choice = setup_.get();
  if (fleet_) {
    fleet_->kill();
    begin_again([this, &choice, frames = fleet_->published()] {
      start_fleet(choice, TsharkOutputFormat::ek, false, frames);
    });
  } else {
    output_.reset();
    errors_.reset();
    begin_again([this, &choice, frames = source_->published()] {
      start_single(choice, TsharkOutputFormat::ek, frames);
    });
  }
}

/// Headers can be read from frames as long as tshark is not told to see something else in them, and if the
/// capture can be read again should it see something else all the same.
bool Run::may_read_headers(const TsharkSetup::Choice& choice) const {
  return seekable_ && choice.decoder == TsharkOutputFormat::columns && choice.tshark.decode_as.empty() &&
         choice.tshark.preferences.empty();
}

/// `frames_before`: frames at the beginning that were published by a fleet before this one.
void Run::start_fleet(const TsharkSetup::Choice& choice, TsharkOutputFormat decoder, bool read_headers,
                      std::uint64_t frames_before) {
  FleetOptions fleet;
  fleet.read_headers = read_headers;
  fleet.protocols = plan_.whole_protocols;
  fleet.frames_before = frames_before;
  // Other versions may not have the fields.
  fleet.watch_media = choice.shares && !choice.tshark.transport_only;
  fleet.tshark = choice.tshark;
  fleet.decoder = decoder;
  fleet.refuse_cut_values = may_change_decoder(decoder);
  fleet.configuration_directory = choice.configuration_directory;
  fleet.jobs = jobs_;
  fleet.life_frames = options_.life_frames;
  fleet.keep_going = options_.keep_going;
  fleet.at_once = given_.endless();
  fleet.shielded = given_.endless();
  const FlowPolicy policy = plan_.policy;
  fleet.idle = policy.longest_idle_timeout();
  fleet.remembered_streams = policy.remembered_streams;
  fleet.tunnel = plan_.tunnel;
  TsharkFleet::Host host;
  host.guard = [this](const std::function<void()>& step) { guarded(step); };
  host.progressed = [this] { sink_.flush(); };
  host.done = [this] { conclude(); };
  if (digest_) host.took = [this](std::string_view bytes) { take(bytes); };
  host.unsplittable = [this, &choice, decoder] {
    begin_again([this, &choice, decoder] { start_single(choice, decoder); });
  };
  host.disagreed = [this, &choice, decoder](std::uint64_t frames) {
    begin_again([this, &choice, decoder, frames] { start_fleet(choice, decoder, false, frames); });
  };
  fleet_ = std::make_unique<TsharkFleet>(io_, fleet, plan_.fields,
                                         seekable_ ? CaptureOrigin::file : CaptureOrigin::pipe, fd_,
                                         seekable_ ? std::string() : std::move(head_), std::move(host));
  attach_observers(*fleet_);
  if (account_) account_->command = shell_line(fleet_->command(), fleet_->fields(), TsharkOutputFormat::ek);
  fleet_->start();
}

/// A compressed capture is unpacked here, so that tshark and several of them see the same bytes: after the
/// last member of a gzip file tshark itself takes padding for packets. What only tshark can read must be a
/// file for it, since some of that cannot be read from a pipe.
bool Run::unpacks() const {
  if (!seekable_ || !compressed_ || kind_ != InputKind::capture) return false;
  const bool plain_pcap = !FirstFrame(fd_).unsupported();
  lseek(fd_, begin_, SEEK_SET);
  return plain_pcap;
}

/// `frames_before`: frames at the beginning that were published before.
void Run::start_single(const TsharkSetup::Choice& choice, TsharkOutputFormat decoder,
                       std::uint64_t frames_before) {
  const bool unpacked = unpacks();
  const bool as_file = seekable_ && !unpacked;
  const bool by_name = as_file && input_ != "-";
  TsharkInvocation run;
  run.decoder = decoder;
  run.input = by_name ? input_ : "-";
  run.configuration_directory = choice.configuration_directory;
  run.at_once = !seekable_ && given_.parts.empty();
  run.shielded = given_.endless();
  run.buffer_bytes = output_buffer;
  if (options_.live.interfaces.empty()) run.frames = options_.live.frames;
  const Child::Input in = by_name ? Child::Input::none : as_file ? Child::Input::given : Child::Input::pipe;
  const Command command = tshark_command(choice.tshark, choice.fields, run);
  if (account_) account_->command = shell_line(command, choice.fields, TsharkOutputFormat::ek);
  child_ = std::make_unique<Child>(command, in, fd_);
  source_ = std::make_unique<DialectSource>(decoder, plan_.fields, plan_.tunnel, plan_.transports);
  source_->begin_after(frames_before);
  if (may_change_decoder(decoder)) source_->refuse_cut_values();
  if (!options_.tshark.extra_arguments.empty()) source_->expect_all_values();
  if (plan_.ranks_streams) source_->rank_streams();
  attach_observers(*source_);
  if (options_.keep_going) source_->keep_going();
  if (options_.read_bytes != 0) source_->set_chunk(options_.read_bytes);
  output_ = std::make_unique<FdWatcher>(io_, child_->out().get());
  errors_ = std::make_unique<FdWatcher>(io_, child_->err().get());
  read_output();
  read_errors();
  if (in == Child::Input::pipe) {
    pump_buffer_.clear();
    pump_done_ = 0;
    packing_ = PackingEnd::whole;
    unpacker_.emplace([this](std::string_view plain) { pump_buffer_ += plain; });
    if (!unpacker_->feed(std::exchange(head_, {}))) packing_ = unpacker_->finish();
    pump_in_ = std::make_unique<FdWatcher>(io_, fd_);
    pump_out_ = std::make_unique<FdWatcher>(io_, child_->in().get());
    pump();
  }
}

/// Moves bytes of a capture to tshark.
void Run::pump() {
  while (pump_done_ < pump_buffer_.size()) {
    const ssize_t count =
        ::write(child_->in().get(), pump_buffer_.data() + pump_done_, pump_buffer_.size() - pump_done_);
    if (count >= 0) {
      pump_done_ += static_cast<std::size_t>(count);
    } else if (errno == EAGAIN) {
      pump_out_->writable([this] { guarded([&] { pump(); }); });
      return;
    } else if (errno != EINTR) {
      // tshark has gone or wants no more; its exit status will say why.
      pump_out_.reset();
      child_->in().reset();
      return;
    }
  }
  pump_buffer_.clear();
  pump_done_ = 0;
  if (packing_ == PackingEnd::damaged) {
    pump_out_.reset();
    child_->in().reset();
    return;
  }
  fill_pump();
}

/// Waits for the next bytes of the capture.
void Run::fill_pump() {
  pump_in_->readable([this] {
    guarded([&] {
      std::array<char, pump_chunk> packed;
      const std::size_t count = read_some(fd_, packed);
      take({packed.data(), count});
      if (count == 0) {
        packing_ = unpacker_->finish();
        pump_out_.reset();
        child_->in().reset();
        return;
      }
      if (!unpacker_->feed({packed.data(), count})) packing_ = unpacker_->finish();
      pump();
    });
  });
}

/// tshark does not know: it was given all that could be unpacked.
void Run::refuse_if_packing_is_broken() const {
  if (!unpacker_ || packing_ == PackingEnd::whole) return;
  throw InputError(explain_packing(packing_, unpacker_->problem(), frames()));
}

void Run::read_output() {
  output_->readable([this] {
    guarded([&] {
      std::span<char> room = source_->room();
      room = room.first(std::min(room.size(), source_->chunk()));
      const std::size_t count = read_some(output_->fd(), room);
      if (count == 0) {
        end_of_output();
        return;
      }
      if (!own_stream_) take({room.data(), count});
      source_->commit(count);
      source_->drain();
      sink_.flush();
      if (!child_ && source_->reached()) {
        end_of_output();
      } else {
        read_output();
      }
    });
  });
}

void Run::read_errors() {
  errors_->readable([this] {
    guarded([&] {
      if (child_->take_errors()) read_errors();
    });
  });
}

}  // namespace flowmeter
