#include "cli/input_run.h"

#include "source/waiter.h"

#include <boost/asio/steady_timer.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>

#include "base/interrupt.h"
#include "base/sha256.h"
#include "cli/continuous.h"
#include "observer/field_watch.h"
#include "observer/live_clock.h"
#include "observer/progress.h"
#include "sink/format.h"
#include "source/capture_chain.h"
#include "source/child.h"
#include "source/dialect_source.h"
#include "source/fleet.h"
#include "source/followed_file.h"
#include "source/live_capture.h"
#include "source/tshark_errors.h"
#include "source/watched_directory.h"

namespace flowmeter {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using std::chrono::milliseconds;

constexpr milliseconds grace{1000};           // for tshark to end after a signal
constexpr milliseconds draining{1700};        // for what was captured before it to be metered
constexpr milliseconds live_pace{100};        // at which the wall clock is told
constexpr milliseconds progress_start{1000};  // a short run shows nothing
constexpr milliseconds progress_pace{250};
constexpr std::size_t output_buffer = std::size_t{64} << 10;  // of a single tshark
constexpr std::uintmax_t worth_replacing = std::uintmax_t{64} << 20;  // bytes of a capture
constexpr std::size_t pump_chunk = std::size_t{64} << 10;
constexpr std::size_t hash_chunk = std::size_t{1} << 20;
constexpr std::uint64_t frames_before_lack = 1000;

class Run final : public InputRun {
 public:
  Run(asio::io_context& io, const Options& options, const MeterPlan& plan, TsharkSetup& setup,
      const Input& input, unsigned jobs, bool alone, Output& output, Reporter& reporter,
      std::function<void(const RunResult&)> done)
      : options_(options),
        plan_(plan),
        setup_(setup),
        given_(input),
        input_(input.path),
        name_(input_name(input)),
        reporter_(reporter),
        sink_(output, [this] { refuse_if_lacking(); }),
        writer_(make_writer(sink_, options.rows, plan.header())),
        meter_(plan.make(input_, *writer_)),
        jobs_(jobs),
        alone_(alone),
        done_(std::move(done)),
        account_(options.accounts() ? std::make_shared<InputAccount>() : nullptr),
        digest_(options.meta.empty() || input.endless() ? nullptr : std::make_unique<Sha256>()),
        io_(io),
        deadline_(io),
        stop_at_(io),
        live_tick_(io),
        repaint_(io) {}

  void begin();
  [[nodiscard]] std::string counters() const override;

 private:
  void open();
  void sniff_head();
  void start(InputKind kind);
  void start_text(InputKind kind);
  void watch_fields();
  void warn_of_unseen_fields() const;
  void start_tshark(InputKind kind);
  void start_single(const TsharkSetup::Choice& choice);
  void start_fleet(const TsharkSetup::Choice& choice, bool read_headers,
                   std::uint64_t frames_before = 0);
  [[nodiscard]] bool wants_fleet(InputKind kind) const;
  [[nodiscard]] bool only_standard_columns() const;
  [[nodiscard]] bool may_read_headers(const TsharkSetup::Choice& choice) const;
  [[nodiscard]] std::uint64_t frames() const;
  [[nodiscard]] std::uint64_t timeless_frames() const;
  void start_progress();
  void schedule_repaint(milliseconds delay);
  void watch_interrupt();
  void read_output();
  void read_errors();
  void pump();
  void end_of_output();
  void wait_for_child();
  void conclude();
  [[nodiscard]] std::string feed_failure() const;
  void start_feed();
  void tell_time();
  [[nodiscard]] bool in_flight() const;
  void warn_of_drops();
  void conclude_tshark(const ChildExit& how);
  void finish(EndOfInput end);
  [[nodiscard]] const SkippedRecords& skipped() const;
  [[nodiscard]] std::string skipped_in_words() const;
  template <class Source>
  void attach_observers(Source& source);
  void take(std::string_view bytes);
  void close_account();
  void hash_file();
  void refuse_if_lacking();
  void stop();
  std::optional<double> share() const;

  template <class Function>
  void guarded(Function function);
  void fail(const InputError& error);
  void fail_without_rows();

  const Options& options_;
  const MeterPlan& plan_;
  TsharkSetup& setup_;
  const Input& given_;
  const std::string input_;
  const std::string name_;
  Reporter& reporter_;
  GatedSink sink_;
  std::unique_ptr<RowWriter> writer_;
  std::unique_ptr<Meter> meter_;

  const unsigned jobs_;
  const bool alone_;
  const std::function<void(const RunResult&)> done_;
  const std::shared_ptr<InputAccount> account_;  // or none
  const std::unique_ptr<Sha256> digest_;         // of the input's bytes, or none
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  asio::io_context& io_;
  asio::steady_timer deadline_, stop_at_, live_tick_, repaint_;
  std::unique_ptr<CaptureFeed> feed_;  // or none
  std::unique_ptr<LiveClock> clock_;   // or none
  Descriptor file_, interrupt_fd_;
  int fd_ = -1;            // the input's
  bool seekable_ = false;  // a regular file
  off_t begin_ = 0;        // where it begins for us
  std::string head_;       // bytes of it that were read to see what it is
  bool head_is_all_ = false;
  std::unique_ptr<DialectSource> source_;  // one of the two
  std::unique_ptr<TsharkFleet> fleet_;
  std::unique_ptr<FieldWatch> named_, application_;  // or none
  std::unique_ptr<Progress> progress_;
  std::unique_ptr<Child> child_;
  std::unique_ptr<Waiter> output_, errors_, interrupt_, pump_in_, pump_out_;
  std::string pump_buffer_;
  bool own_stream_ = false;  // from our own tshark: its fields are the ones that were asked for
  bool finished_ = false;
  bool ended_ = false;
  bool stopped_ = false;  // an endless input was told to end
  RunResult result_;
};

/// Runs a step; whatever it throws ends the run the way it should.
template <class Function>
void Run::guarded(Function function) {
  if (finished_) return;
  try {
    function();
  } catch (const InputError& error) {
    fail(error);
  } catch (const std::bad_alloc&) {
    fail(InputError("out of memory"));  // what was asked for was much; to write what there is takes little
  } catch (...) {
    fail_without_rows();
  }
}

/// The input is damaged: what came before is written.
void Run::fail(const InputError& error) {
  if (stopped_ && given_.origin == InputOrigin::growing) {  // a growing file may end anywhere
    if (fleet_) fleet_->kill();
    guarded([&] { finish(Interrupt::signal() != 0 ? EndOfInput::interrupted : EndOfInput::complete); });
    return;
  }
  result_.status = error.nothing_done() ? ExitStatus::nothing_done : ExitStatus::damaged;
  result_.message = fmt::format("{}: {}", name_, error.what());
  if (feed_ && !feed_->failure().empty()) result_.message = fmt::format("{}: {}", name_, feed_failure());
  result_.not_a_capture = error.not_a_capture();
  if (child_) child_->signal(SIGKILL);
  if (fleet_) fleet_->kill();
  if (!error.nothing_done()) {
    const std::string before = skipped_in_words();
    result_.message += fmt::format(" (the flows up to there are written{}{})",
                                   before.empty() ? "" : "; ", before);
    try {
      finish(EndOfInput::damaged);
    } catch (...) {
      fail_without_rows();
    }
  }
  stop();
}

/// Rows cannot be written any more. To be called where an exception is handled.
void Run::fail_without_rows() {
  try {
    throw;
  } catch (const ReaderGone&) {
    result_ = {ExitStatus::ok, "", true, false};
  } catch (const InputError& error) {
    result_ = {error.nothing_done() ? ExitStatus::nothing_done : ExitStatus::damaged,
               fmt::format("{}: {}", name_, error.what()), false, false};
  } catch (const OutputError& error) {
    result_ = {ExitStatus::damaged, error.what(), true, false};
  } catch (const UsageError& error) {
    result_ = {ExitStatus::nothing_done, error.what(), true, false};
  } catch (const std::exception& error) {
    result_ = {ExitStatus::damaged, fmt::format("{}: {}", name_, error.what()), false, false};
  }
  stop();
}

/// The run is over, whatever still stands in the loop's queue.
void Run::stop() {
  if (child_) child_->signal(SIGKILL);
  if (fleet_) fleet_->kill();
  if (finished_) return;
  finished_ = true;
  progress_.reset();
  for (auto* waiter : {&output_, &errors_, &interrupt_, &pump_in_, &pump_out_}) waiter->reset();
  for (auto* timer : {&deadline_, &stop_at_, &live_tick_}) timer->cancel();
  repaint_.cancel();
  if (account_) close_account();
  // Handlers that are due already come first, and find that there is nothing left to do.
  asio::post(io_, [this] {
    if (digest_ && seekable_ && result_.status != ExitStatus::nothing_done) {
      hash_file();
    } else {
      done_(result_);
    }
  });
}

template <class Source>
void Run::attach_observers(Source& source) {
  source.attach(meter_->observer());
  if (account_) source.attach(account_->frames);
  if (clock_) source.attach(*clock_);
}

/// Bytes that came out of a pipe. A file is hashed when all is over: tshark may be its reader.
void Run::take(std::string_view bytes) {
  if (digest_ && !seekable_) digest_->add(bytes);
}

void Run::close_account() {
  account_->seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  account_->flows = meter_->counters().tally();
  account_->files = {{input_, std::nullopt, ""}};
  if (feed_) account_->interfaces = feed_->counts();
  if (digest_ && !seekable_) account_->files[0] = {input_, digest_->bytes(), digest_->hex()};
  result_.account = account_;
}

/// Hashes the next piece of the input's file; runs beside this one go on meanwhile. Who ends the run
/// does not want to wait for the rest.
void Run::hash_file() {
  std::string piece(hash_chunk, '\0');
  const ssize_t count = pread(fd_, piece.data(), piece.size(),
                              begin_ + static_cast<off_t>(digest_->bytes()));
  if (count > 0 && Interrupt::signal() == 0) {
    digest_->add({piece.data(), static_cast<std::size_t>(count)});
    asio::post(io_, [this] { hash_file(); });
    return;
  }
  if (count == 0) account_->files[0] = {input_, digest_->bytes(), digest_->hex()};
  done_(result_);
}

void Run::begin() {
  guarded([&] {
    open();
    watch_interrupt();
    sniff_head();
  });
}

void Run::open() {
  if (given_.endless() || !given_.parts.empty()) {
    start_feed();
    fd_ = feed_->fd();
    return;
  }
  if (input_ == "-") {
    fd_ = STDIN_FILENO;
  } else {
    file_.reset(::open(input_.c_str(), O_RDONLY | O_CLOEXEC));
    fd_ = file_.get();
    if (fd_ < 0) throw InputError(std::strerror(errno), true);
  }
  struct stat status {};
  if (fstat(fd_, &status) != 0) throw InputError(std::strerror(errno), true);
  if (S_ISDIR(status.st_mode)) {
    throw InputError("is a directory (-r takes the captures below it)", true);
  }
  seekable_ = S_ISREG(status.st_mode);
  if (seekable_) begin_ = std::max<off_t>(lseek(fd_, 0, SEEK_CUR), 0);
}

/// Starts what fills the pipe that is read, and the clocks of an input that goes on.
void Run::start_feed() {
  if (given_.origin == InputOrigin::file) {
    feed_ = std::make_unique<CaptureChain>(io_, given_.parts);
    return;
  }
  if (given_.origin == InputOrigin::growing) {
    feed_ = std::make_unique<FollowedFile>(io_, input_);
  } else if (given_.origin == InputOrigin::directory) {
    const auto in_order = [this](const std::vector<std::string>& files) {
      return captures_in_order(files, setup_.get().tshark.program, reporter_);
    };
    feed_ = std::make_unique<WatchedDirectory>(io_, input_, in_order, [this](const std::string& why) {
      reporter_.warning(why);
      result_.status = ExitStatus::damaged;
    });
  } else {
    feed_ = std::make_unique<LiveCapture>(io_, find_dumpcap(setup_.get().tshark.program), options_.live);
    clock_ = std::make_unique<LiveClock>();
    live_tick_.expires_after(live_pace);
    tell_time();
  }
  if (!options_.duration) return;
  stop_at_.expires_after(std::chrono::duration_cast<std::chrono::steady_clock::duration>(*options_.duration));
  stop_at_.async_wait([this](error_code error) {
    if (error) return;
    stopped_ = true;
    feed_->end();
  });
}

/// On a silent wire no frame says that a flow is over; the wall clock does.
void Run::tell_time() {
  live_tick_.async_wait([this](error_code error) {
    if (error) return;
    guarded([&] {
      if (const auto now = clock_->now(); now && !in_flight() && !ended_) {
        if (fleet_) fleet_->pass_time(*now);
        if (source_) source_->pass_time(*now);
        sink_.flush();
      }
      live_tick_.expires_after(live_pace);
      tell_time();
    });
  });
}

/// Whether frames are on their way to us, as far as one can see.
bool Run::in_flight() const {
  int waiting = 0;
  if (ioctl(fd_, FIONREAD, &waiting) == 0 && waiting != 0) return true;
  if (fleet_) return fleet_->in_flight() != 0;
  if (!pump_buffer_.empty()) return true;
  return child_ && child_->in().get() >= 0 && ioctl(child_->in().get(), FIONREAD, &waiting) == 0 && waiting != 0;
}

/// Reads until the input's kind is known, then starts.
void Run::sniff_head() {
  if (seekable_) {
    head_.resize(sniff_bytes);
    const ssize_t count = pread(fd_, head_.data(), head_.size(), begin_);
    if (count < 0) throw InputError(std::strerror(errno), true);
    head_.resize(static_cast<std::size_t>(count));
    start(*sniff(head_, head_.size() < sniff_bytes));
    return;
  }
  if (!output_) output_ = std::make_unique<Waiter>(io_, fd_);
  output_->readable([this] {
    guarded([&] {
      const std::size_t had = head_.size();
      head_.resize(had + sniff_bytes);
      const std::size_t count = read_some(fd_, std::span(head_).subspan(had));
      head_.resize(had + count);
      take(std::string_view(head_).substr(had));
      head_is_all_ = count == 0;
      if (const auto kind = sniff(head_, head_is_all_)) {
        start(*kind);
      } else {
        sniff_head();
      }
    });
  });
}

void Run::start(InputKind kind) {
  switch (kind) {
    case InputKind::empty:
      if (feed_ && !feed_->failure().empty()) throw InputError(feed_failure(), true);
      finish(EndOfInput::complete);
      return;
    case InputKind::xml:
      throw InputError("is XML (PDML or PSML?), which is not read; make it with: tshark -r FILE -T ek",
                       true);
    case InputKind::utf16:
      throw InputError("is UTF-16 text, as Windows shells write it; redirect tshark's output as bytes",
                       true);
    case InputKind::headerless:
      throw InputError("looks like values of tshark -T fields without their names; add -E header=y", true);
    case InputKind::separated:
      throw InputError("has tshark's field names, but not between tabs (leave -E separator out)", true);
    case InputKind::ek:
    case InputKind::json:
    case InputKind::fields:
      start_text(kind);
      break;
    case InputKind::capture:
    case InputKind::unknown:
      start_tshark(kind);
      break;
  }
  start_progress();
}

void Run::start_text(InputKind kind) {
  const TsharkOptions& tshark = options_.tshark;
  if (!tshark.display_filter.empty() || !tshark.decode_as.empty() || !tshark.preferences.empty() ||
      !tshark.extra_arguments.empty() || tshark.transport_only) {
    reporter_.warning(fmt::format("{}: was dissected already: what is for tshark has no effect on it",
                                  name_));
  }
  source_ = std::make_unique<DialectSource>(kind, plan_.fields(), plan_.tunnel(), plan_.transports());
  for (const std::string& field : plan_.required_fields()) source_->require(field);
  if (plan_.ranks_streams()) source_->rank_streams();
  attach_observers(*source_);
  watch_fields();
  if (options_.keep_going) source_->keep_going();
  if (options_.read_bytes != 0) source_->set_chunk(options_.read_bytes);
  if (!seekable_) {  // the head cannot be read again
    const auto room = source_->room();
    std::size_t done = 0;
    while (done < head_.size()) {
      const auto space = done == 0 ? room : source_->room();
      const std::size_t count = std::min(space.size(), head_.size() - done);
      std::memcpy(space.data(), head_.data() + done, count);
      source_->commit(count);
      done += count;
    }
    source_->drain();
    sink_.flush();
  }
  if (head_is_all_) {
    end_of_output();
    return;
  }
  if (!output_) output_ = std::make_unique<Waiter>(io_, fd_);
  read_output();
}

/// Fields that a capture need not have, but that whoever made the text may not have asked for.
void Run::watch_fields() {
  const MeterPlan::UnsureFields unsure = plan_.unsure_fields();
  const auto watch = [this](const FieldSet& fields) {
    auto made = std::make_unique<FieldWatch>(plan_.fields(), fields.names());
    source_->attach(*made);
    return made;
  };
  if (!unsure.named.names().empty()) named_ = watch(unsure.named);
  if (!unsure.optional.names().empty()) application_ = watch(unsure.optional);
}

/// Of those that the user has named each is due; of what applications have, any.
void Run::warn_of_unseen_fields() const {
  if (!source_ || source_->frames() == 0) return;
  const auto warn = [this](const std::vector<std::string>& unseen) {
    if (unseen.empty()) return;
    reporter_.warning(fmt::format("{}: no packet has {}: tshark must be asked for what a column is made of, with -e "
                                  "for each field (see --print-command)",
                                  name_, fmt::join(unseen, ", ")));
  };
  if (named_) warn(named_->unseen());
  if (application_ && !application_->any_seen()) warn(application_->unseen());
}

/// Several tsharks pay, and one that is replaced is needed, from some size on. They cannot share a
/// capture that only tshark can read, a run in which frames are left out, fields whose values come
/// of what tshark remembers of a stream, nor transports other than TCP and UDP. Versions whose streams are not
/// known in all cases do so on demand only, and where memory would grow for ever.
bool Run::wants_fleet(InputKind kind) const {
  const TsharkOptions& tshark = options_.tshark;
  if (!setup_.get().shares && !options_.jobs_given && !given_.endless()) return false;
  if (kind != InputKind::capture || options_.decoder == DecoderChoice::json) return false;
  if (!tshark.display_filter.empty() || !tshark.extra_arguments.empty()) return false;
  if (plan_.transports() != tcp_and_udp) return false;
  const auto& names = plan_.fields().names();
  if (!std::all_of(names.begin(), names.end(), stateless)) return false;
  if (plan_.needs_one_tshark()) return false;
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
    start_fleet(choice, may_read_headers(choice));
  } else {
    start_single(choice);
  }
}

/// Headers can be read from frames as long as tshark is not told to see something else in them, and if the
/// capture can be read again should it see something else all the same.
bool Run::may_read_headers(const TsharkSetup::Choice& choice) const {
  return seekable_ && choice.decoder == Decoder::columns && choice.tshark.decode_as.empty() &&
         choice.tshark.preferences.empty();
}

/// The standard columns need no more of frame.protocols than where the transport headers are.
bool Run::only_standard_columns() const {
  const std::vector<std::string> standard = make_plan(MeterOptions{})->header();
  const std::vector<std::string> chosen = plan_.header();
  return std::all_of(chosen.begin(), chosen.end(), [&standard](const std::string& name) {
    return std::find(standard.begin(), standard.end(), name) != standard.end();
  });
}

/// `frames_before`: frames at the beginning that were published by a fleet before this one.
void Run::start_fleet(const TsharkSetup::Choice& choice, bool read_headers,
                      std::uint64_t frames_before) {
  FleetOptions fleet;
  fleet.read_headers = read_headers;
  fleet.protocols = !only_standard_columns();
  fleet.frames_before = frames_before;
  fleet.tshark = choice.tshark;
  fleet.decoder = choice.decoder;
  fleet.configuration_directory = choice.configuration_directory;
  fleet.jobs = jobs_;
  fleet.life_frames = options_.life_frames;
  fleet.keep_going = options_.keep_going;
  fleet.at_once = given_.endless();
  fleet.shielded = given_.endless();
  const FlowPolicy policy = plan_.policy();
  fleet.idle = policy.longest_idle_timeout();
  fleet.remembered_streams = policy.remembered_streams;
  fleet.tunnel = plan_.tunnel();
  TsharkFleet::Host host;
  host.guard = [this](const std::function<void()>& step) { guarded(step); };
  host.progressed = [this] { sink_.flush(); };
  host.done = [this] { conclude(); };
  if (digest_) host.took = [this](std::string_view bytes) { take(bytes); };
  // When these return the fleet is still at work.
  const auto begin_again = [this](std::function<void()> how) {
    asio::post(io_, [this, how = std::move(how)] {
      guarded([&] {
        fleet_.reset();
        lseek(fd_, begin_, SEEK_SET);
        how();
      });
    });
  };
  host.unsplittable = [this, &choice, begin_again] {
    begin_again([this, &choice] { start_single(choice); });
  };
  host.disagreed = [this, &choice, begin_again](std::uint64_t frames) {
    begin_again([this, &choice, frames] { start_fleet(choice, false, frames); });
  };
  fleet_ = std::make_unique<TsharkFleet>(
      io_, fleet, plan_.fields(), seekable_ ? CaptureOrigin::file : CaptureOrigin::pipe, fd_,
      seekable_ ? std::string() : std::move(head_), std::move(host));
  attach_observers(*fleet_);
  if (progress_) fleet_->attach(*progress_);
  if (account_) account_->command = shell_line(fleet_->command(), fleet_->fields(), Decoder::ek);
  fleet_->start();
}

void Run::start_single(const TsharkSetup::Choice& choice) {
  const bool by_name = seekable_ && input_ != "-";
  TsharkRun run;
  run.decoder = choice.decoder;
  run.input = by_name ? input_ : "-";
  run.configuration_directory = choice.configuration_directory;
  run.at_once = !seekable_ && given_.parts.empty();
  run.shielded = given_.endless();
  run.buffer_bytes = output_buffer;
  const Child::Input in = by_name     ? Child::Input::none
                          : seekable_ ? Child::Input::given
                                      : Child::Input::pipe;
  const Command command = tshark_command(choice.tshark, choice.fields, run);
  if (account_) account_->command = shell_line(command, choice.fields, Decoder::ek);
  child_ = std::make_unique<Child>(command, in, fd_);
  source_ = std::make_unique<DialectSource>(choice.decoder, plan_.fields(), plan_.tunnel(), plan_.transports());
  if (plan_.ranks_streams()) source_->rank_streams();
  attach_observers(*source_);
  if (options_.keep_going) source_->keep_going();
  if (options_.read_bytes != 0) source_->set_chunk(options_.read_bytes);
  output_ = std::make_unique<Waiter>(io_, child_->out().get());
  errors_ = std::make_unique<Waiter>(io_, child_->err().get());
  read_output();
  read_errors();
  if (in == Child::Input::pipe) {
    pump_buffer_ = std::move(head_);
    pump_in_ = std::make_unique<Waiter>(io_, fd_);
    pump_out_ = std::make_unique<Waiter>(io_, child_->in().get());
    pump();
  }
}

std::uint64_t Run::frames() const { return fleet_ ? fleet_->frames() : source_->frames(); }

std::uint64_t Run::timeless_frames() const {
  return fleet_ ? fleet_->timeless_frames() : source_->timeless_frames();
}

const SkippedRecords& Run::skipped() const {
  static const SkippedRecords none;
  return fleet_ ? fleet_->skipped() : source_ ? source_->skipped() : none;
}

/// "2 damaged records were skipped, the first: line 12: ..."; empty if there was none.
std::string Run::skipped_in_words() const {
  const auto& [count, first] = skipped();
  if (count == 0) return {};
  if (count == 1) return fmt::format("1 damaged record was skipped: {}", first);
  return fmt::format("{} damaged records were skipped, the first: {}", count, first);
}

/// Moves bytes of a capture from a pipe to tshark.
void Run::pump() {
  while (!pump_buffer_.empty()) {
    const ssize_t count =
        ::write(child_->in().get(), pump_buffer_.data(), pump_buffer_.size());
    if (count >= 0) {
      pump_buffer_.erase(0, static_cast<std::size_t>(count));
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
  pump_in_->readable([this] {
    guarded([&] {
      pump_buffer_.resize(pump_chunk);
      const std::size_t count = read_some(fd_, pump_buffer_);
      pump_buffer_.resize(count);
      take(pump_buffer_);
      if (count == 0) {
        pump_out_.reset();
        child_->in().reset();
      } else {
        pump();
      }
    });
  });
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
      if (!own_stream_ && source_->frames() >= frames_before_lack) refuse_if_lacking();
      sink_.flush();
      read_output();
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

/// SIGINT and SIGTERM: whatever feeds us is told to end, or ends by itself, and what it still says is
/// read; but not for longer than `grace`. What an endless input has by then is metered to its end.
void Run::watch_interrupt() {
  // Several runs may wait in one loop, which takes each descriptor once.
  interrupt_fd_.reset(fcntl(Interrupt::descriptor(), F_DUPFD_CLOEXEC, 0));
  interrupt_ = std::make_unique<Waiter>(io_, interrupt_fd_.get());
  interrupt_->readable([this] {
    guarded([&] {
      if (Interrupt::signal() == 0) return;
      if (given_.endless()) {
        stopped_ = true;
        feed_->end();
      } else {
        if (fleet_) fleet_->interrupt();
        if (child_) child_->signal(SIGINT);
        if (pump_in_) {
          pump_in_->cancel();
          pump_out_.reset();
          child_->in().reset();
        }
      }
      deadline_.expires_after(given_.endless() ? draining : grace);
      deadline_.async_wait([this](error_code error) {
        if (error) return;
        if (child_) child_->signal(SIGKILL);
        guarded([&] { finish(EndOfInput::interrupted); });
      });
    });
  });
}

void Run::end_of_output() {
  if (child_) {
    wait_for_child();
  } else {
    source_->close();
    conclude();
  }
}

/// tshark has closed its output and is about to end; there is nothing to do meanwhile.
void Run::wait_for_child() {
  if (const auto how = child_->poll()) {
    child_->take_errors();  // its last words may still be in the pipe
    guarded([&] { conclude_tshark(*how); });
    return;
  }
  repaint_.expires_after(milliseconds(2));
  repaint_.async_wait([this](error_code error) {
    if (!error) guarded([&] { wait_for_child(); });
  });
}

void Run::conclude_tshark(const ChildExit& how) {
  if (Interrupt::signal() != 0) {
    finish(EndOfInput::interrupted);
    return;
  }
  if (how.signal == 0 && how.status == 0) {
    source_->close();
    conclude();
    return;
  }
  const TsharkFailure failure = explain_failure(how, child_->errors(), frames());
  throw InputError(failure.message, failure.nothing_done, failure.not_a_capture);
}

/// Why the input broke off. A continuous capture names the file itself.
std::string Run::feed_failure() const {
  if (given_.origin != InputOrigin::file) return feed_->failure();
  const std::uint64_t packets = source_ || fleet_ ? frames() : 0;
  return fmt::format("{} (behind packet {} of all)", feed_->failure(), packets);
}

/// Frames that no row has, because nobody could take them in time.
void Run::warn_of_drops() {
  if (!feed_) return;
  for (const InterfaceCounts& counts : feed_->counts()) {
    if (counts.dropped == 0) continue;
    reporter_.warning(fmt::format("{}: {} of {} frames were dropped before they could be read (a larger -B, or a "
                                  "filter with -f, may help)",
                                  counts.name, counts.dropped, counts.received + counts.dropped));
  }
}

void Run::conclude() {
  if (Interrupt::signal() != 0) {
    finish(EndOfInput::interrupted);
    return;
  }
  refuse_if_lacking();
  if (feed_ && !feed_->failure().empty()) throw InputError(feed_failure(), frames() == 0 && given_.endless());
  warn_of_unseen_fields();
  if (const std::uint64_t count = timeless_frames(); count != 0) {
    reporter_.warning(fmt::format("{}: {} frame{} without a time stamp, counted with the time of the "
                                  "frame before",
                                  name_, count, count == 1 ? "" : "s"));
  }
  if (const std::uint64_t count = meter_->counters().disordered_packets(); count != 0) {
    reporter_.warning(fmt::format("{}: {} packet{} older than the packet of the flow before; "
                                  "reordercap puts a capture in order",
                                  name_, count, count == 1 ? " is" : "s are"));
  }
  const std::uint64_t left_out = fleet_ ? fleet_->headers_left_out() : source_->headers_left_out();
  if (left_out != 0) {
    reporter_.warning(fmt::format("{}: {} packets are not counted: more than 64 in a frame", name_,
                                  left_out));
  }
  finish(EndOfInput::complete);
}

/// Ends the observers, which write what is open, and the run.
void Run::finish(EndOfInput end) {
  if (!ended_) {
    ended_ = true;
    refuse_if_lacking();
    if (source_) source_->end(end);
    if (fleet_) fleet_->end(end);
    sink_.finish();
  }
  if (const std::string words = skipped_in_words(); !words.empty() && result_.message.empty()) {
    result_.status = ExitStatus::damaged;
    result_.message = fmt::format("{}: {}", name_, words);
  }
  if (end == EndOfInput::interrupted) {
    result_.status =
        Interrupt::signal() == SIGTERM ? ExitStatus::terminated : ExitStatus::interrupted;
  }
  warn_of_drops();
  stop();
}

/// A foreign stream must have the fields that the columns need: refused by name.
void Run::refuse_if_lacking() {
  if (own_stream_ || !source_) return;
  const std::string field = source_->lacking();
  if (field.empty()) return;
  const std::string column = plan_.column_of(field);
  const std::string use = column.empty() ? "telling flows apart" : fmt::format("column {}", column);
  const std::string_view numbered = field == "sctp.assoc_index" ? " -o sctp.association_index:TRUE" : "";
  throw InputError(fmt::format("lacks the field {0}, needed for {1}: add -e {0}{2} to tshark's command "
                               "line (see --print-command)",
                               field, use, numbered),
                   true);
}

std::string Run::counters() const {
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start_;
  const FlowCounters& flows = meter_->counters();
  std::string text = fmt::format("{}: {} frames, {} flows open, {} written, {:.1f} s", name_,
                                 source_ || fleet_ ? frames() : 0, flows.open_flows(), flows.ended_flows(),
                                 elapsed.count());
  if (fleet_) text += fmt::format(", {} frames in {} tsharks", fleet_->in_flight(), fleet_->living());
  return text;
}

void Run::start_progress() {
  if (!options_.progress || !alone_ || (!source_ && !fleet_)) return;
  // The line is short: a file goes by its name alone.
  const std::string name = input_ == "-" || feed_ ? name_ : std::filesystem::path(input_).filename().string();
  progress_ = std::make_unique<Progress>(name, meter_->counters(), reporter_,
                                         [this] { return share(); });
  if (source_) source_->attach(*progress_);
  if (fleet_) fleet_->attach(*progress_);
  schedule_repaint(progress_start);
}

void Run::schedule_repaint(milliseconds delay) {
  repaint_.expires_after(delay);
  repaint_.async_wait([this](error_code error) {
    if (error || finished_ || ended_) return;
    progress_->paint();
    schedule_repaint(progress_pace);
  });
}

/// How much of a file was read, by us or by tshark.
std::optional<double> Run::share() const {
  struct stat status {};
  if (!seekable_ || fstat(fd_, &status) != 0 || status.st_size == 0) return std::nullopt;
  const auto size = static_cast<double>(status.st_size);
  if (!child_ || fleet_ || input_ == "-") return static_cast<double>(lseek(fd_, 0, SEEK_CUR)) / size;
  // tshark's own descriptor of the file, as far as the system shows it.
  const std::string process = fmt::format("/proc/{}", child_->pid());
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(process + "/fd", error)) {
    if (!std::filesystem::equivalent(entry.path(), input_, error)) continue;
    std::ifstream info(fmt::format("{}/fdinfo/{}", process, entry.path().filename().string()));
    std::string word;
    double position = 0;
    if (info >> word >> position && word == "pos:") return position / size;
  }
  return std::nullopt;
}

}  // namespace

std::string input_name(const Input& input) {
  if (input.parts.size() > 1) return fmt::format("{} and {} more", input.path, input.parts.size() - 1);
  return input.path == "-" ? "standard input" : input.path;
}

std::unique_ptr<InputRun> InputRun::start(asio::io_context& io, const Options& options,
                                          const MeterPlan& plan, TsharkSetup& setup,
                                          const Input& input,
                                          unsigned jobs, bool alone, Output& output,
                                          Reporter& reporter,
                                          std::function<void(const RunResult&)> done) {
  auto run = std::make_unique<Run>(io, options, plan, setup, input, jobs, alone, output, reporter,
                                   std::move(done));
  run->begin();
  return run;
}

}  // namespace flowmeter
