#include "cli/batch.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "cli/continuous.h"
#include "sink/fd_sink.h"
#include "sink/file_sink.h"

namespace flowmeter {

namespace fs = std::filesystem;

namespace {

/// Inputs that are done but wait for one before them are bounded by this many.
constexpr std::size_t most_waiting = 64;

/// `passed_over`: how many files below directories are no captures.
std::vector<Input> inputs_of(const Options& options, Reporter& reporter, std::size_t& passed_over) {
  if (const auto& interfaces = options.live.interfaces; !interfaces.empty()) {
    const std::string name = fmt::format("{}", fmt::join(interfaces, ","));
    return {{name, name, false, {}, InputOrigin::interface}};
  }
  const std::string& follow = options.follow;
  const std::string& watch = options.watch;
  if (!follow.empty()) return {{follow, fs::path(follow).filename(), false, {}, InputOrigin::growing}};
  if (!watch.empty()) return {{watch, fs::path(watch).filename(), false, {}, InputOrigin::directory}};
  auto [inputs, others] = list_inputs(options.inputs, options.recursive, !options.tshark.read_format.empty());
  for (const std::string& path : others) reporter.note(fmt::format("{}: is no capture, passed over", path));
  if (!options.continuous || inputs.empty()) {
    passed_over = others.size();
    return inputs;
  }
  return {one_after_the_other(inputs, find_program(options.tshark.program), reporter)};
}

bool names_directory(const std::string& output) {
  std::error_code ignored;
  return !output.empty() && (output.ends_with('/') || fs::is_directory(output, ignored));
}

bool same_file(const fs::path& one, const fs::path& other) {
  std::error_code error;
  return fs::is_regular_file(one, error) && fs::equivalent(one, other, error);
}

/// By a name such as /dev/stdout.
bool is_standard_output(const std::string& path) {
  struct stat ours {
  }, theirs{};
  return fstat(STDOUT_FILENO, &ours) == 0 && stat(path.c_str(), &theirs) == 0 &&
         ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
}

/// What is read is not to be replaced by what is made of it.
void refuse_to_replace_inputs(const std::string& written, const std::vector<Input>& inputs) {
  for (const Input& input : inputs) {
    const std::vector<std::string> whole = {input.path};
    for (const std::string& part : input.parts.empty() ? whole : input.parts) {
      if (same_file(written, part))
        throw UsageError(fmt::format("{}: is both an input and an output", written));
    }
  }
}

void refuse_clashes(const std::vector<Input>& inputs, const Options& options) {
  std::map<fs::path, std::string> taken;
  for (const Input& input : inputs) {
    const fs::path path = output_path(options.output, input, options.rows.format);
    const auto [other, is_new] = taken.emplace(path, input.path);
    if (!is_new) {
      throw UsageError(
          fmt::format("{} and {} would both be written to {}", other->second, input.path, path.string()));
    }
  }
}

}  // namespace

Batch::Batch(const Options& options, const MeterPlan& plan, Reporter& reporter)
    : options_(options),
      plan_(plan),
      reporter_(reporter),
      into_directory_(names_directory(options.output)),
      rotates_(!options.output.empty() && !into_directory_ &&
               (options.rotation.wanted() || options.endless())),
      requests_(rotates_),
      header_(header_line(options.rows, plan.header)),
      setup_(options, plan, reporter),
      inputs_(inputs_of(options, reporter, skipped_)) {
  if (inputs_.empty()) {
    throw UsageError(fmt::format("{}: no captures found below", fmt::join(options_.inputs, ", ")));
  }
  for (const std::string& written : {options.output, options.meta})
    refuse_to_replace_inputs(written, inputs_);
  if (!options.meta.empty()) {
    if (options.meta == options.output || same_file(options.meta, options.output) ||
        (options.meta == "-" && is_standard_output(options.output))) {
      throw UsageError(fmt::format("{}: is the file of --meta and also of the rows", options.meta));
    }
    meta_ = std::make_unique<MetaFile>(options.meta, reporter);
    for (const Input& input : inputs_) entries_.push_back({input.path});
  }
  if (options_.partial && !into_directory_ && inputs_.size() > 1) {
    throw UsageError(
        "--partial writes a part for each capture: name a directory with -o, or add --continuous");
  }
  if (options_.rotation.wanted() && (into_directory_ || inputs_.size() > 1)) {
    throw UsageError("--rotate-every and --rotate-rows need a single input and a file for -o");
  }
  if (into_directory_) {
    refuse_clashes(inputs_, options_);
    return;
  }
  if (rotates_) {
    auto rotating = std::make_unique<RotatingFile>(options_.output, header_, options_.rotation, keeper());
    rotating_ = rotating.get();
    common_ = std::move(rotating);
  } else if (options_.output.empty()) {
    common_ = std::make_unique<FdSink>(STDOUT_FILENO, "standard output");
    standard_output_ = static_cast<FdSink*>(common_.get());
    if (meta_) standard_output_->keep_digest();
  } else {
    common_ = make_file(options_.output);
  }
  // Where rows and the line of progress are seen on one screen the line makes way.
  std::function<void()> make_way;
  if (options_.rows_on_terminal) {
    make_way = [this] {
      if (progress_) progress_->erase();
    };
  }
  common_output_ = std::make_unique<Output>(*common_, rotates_ ? "" : header_, std::move(make_way));
}

Batch::~Batch() = default;

FileKeeper Batch::keeper() { return {reporter_, meta_ ? &written_ : nullptr}; }

/// A part is of use only when it is whole.
std::unique_ptr<FileSink> Batch::make_file(const fs::path& path) {
  report_leftovers(leftovers_of(path), reporter_);
  return std::make_unique<FileSink>(path, keeper(),
                                    options_.partial ? Unfinished::removed : Unfinished::kept);
}

ExitStatus Batch::run() {
  if (!meta_) return meter_all();
  ExitStatus status = ExitStatus::ok;
  try {
    status = meter_all();
  } catch (const ReaderGone& gone) {
    write_meta(ExitStatus::ok, gone.what());
    throw;
  } catch (const std::exception& error) {
    write_meta(ExitStatus::damaged, error.what());
    throw;
  }
  write_meta(status, "");
  return status;
}

void Batch::write_meta(ExitStatus status, const std::string& failure) {
  // What is not finished by now will not be, and is told of as such.
  jobs_.clear();
  if (standard_output_ != nullptr) {
    const bool whole = rows_finished_;
    written_.push_back({"-", standard_output_->bytes(), whole ? standard_output_->digest() : "", whole});
  }
  common_output_.reset();
  common_.reset();
  meta_->write({options_, plan_, setup_, entries_, written_, status, failure});
}

ExitStatus Batch::meter_all() {
  listen();
  start_progress();
  start_more();
  io_.run();
  if (common_output_) finish_common_output();
  progress_.reset();
  if (skipped_ != 0) {
    reporter_.warning(fmt::format("passed over {} file{} that {} no capture{}{}", skipped_,
                                  skipped_ == 1 ? "" : "s", skipped_ == 1 ? "is" : "are",
                                  skipped_ == 1 ? "" : "s",
                                  options_.level == Reporter::Level::verbose ? "" : " (-v names them)"));
  }
  if (options_.accounts()) reporter_.note(fmt::format("CPU: {}", in_words(cpu_time())));
  for (const std::string& remark : plan_.remarks()) reporter_.warning(remark);
  return overall();
}

bool Batch::is_large(const Input& input) const {
  if (input.path == "-" || !input.parts.empty() || input.endless()) return true;
  std::error_code error;
  const std::uintmax_t size = fs::file_size(input.path, error);
  return error || size >= worth_sharing;
}

void Batch::start_more() {
  const auto running = [this] {
    return static_cast<std::size_t>(
        std::count_if(jobs_.begin(), jobs_.end(), [](const auto& job) { return !job->over; }));
  };
  while (!stopping_ && next_ < inputs_.size() && jobs_.size() < most_waiting) {
    const Input& input = inputs_[next_];
    const std::size_t busy = running();
    const bool alone = inputs_.size() == 1 || is_large(input);
    const bool occupied = busy > 0 && (alone || jobs_.back()->alone);
    if (occupied || busy >= options_.jobs) return;
    ++next_;
    start(input, alone);
  }
}

void Batch::start(const Input& input, bool alone) {
  Job& job = *jobs_.emplace_back(std::make_unique<Job>());
  job.input = &input;
  job.alone = alone;
  if (into_directory_) {
    const fs::path path = output_path(options_.output, input, options_.rows.format);
    std::error_code ignored;
    fs::create_directories(path.parent_path(), ignored);
    job.file = make_file(path);
    job.output = std::make_unique<Output>(*job.file, header_);
  } else {
    job.spool = std::make_unique<Spool>(*common_output_);
    job.output = std::make_unique<Output>(*job.spool, "");
    if (&job == jobs_.front().get()) job.spool->open();
    // Nothing of a live input can be refused later, and its first row may be long in coming.
    if (input.endless()) common_output_->begin();
  }
  std::error_code error;
  if (progress_ && fs::is_regular_file(input.path, error)) {
    job.bytes = static_cast<double>(fs::file_size(input.path, error));
  }
  job.run = InputRun::start(io_, options_, plan_, setup_, input, alone ? options_.jobs : 1, *job.output,
                            reporter_, [this, &job](const InputResult& result) { over(job, result); });
}

void Batch::over(Job& job, const InputResult& result) {
  job.over = true;
  job.result = result;
  ++inputs_over_;
  over_.add(job.run->reached());
  bytes_over_ += job.bytes;
  job.run.reset();
  try {
    settle();
    start_more();
  } catch (const ReaderGone&) {
    stopping_ = true;
  }
  // Who ends the run gets what all of them have read by now; without an output there is no sense in going on.
  if (stopping_ && interrupted_ == ExitStatus::ok) jobs_.clear();
  if (!jobs_.empty()) return;
  asked_.reset();
  clock_.cancel();
  repaint_.cancel();
}

/// Waits for what users ask of a running program, and for the ends of periods.
void Batch::listen() {
  asked_ = std::make_unique<FdWatcher>(io_, requests_.descriptor());
  answer();
  if (rotating_ != nullptr && options_.rotation.every) watch_clock();
}

void Batch::answer() {
  asked_->readable([this] {
    const Requests::Asked asked = requests_.take();
    if (asked.reopen) rotating_->turn();
    if (asked.counters) answer_with_counters();
    answer();
  });
}

void Batch::watch_clock() {
  clock_.after(std::chrono::milliseconds(100), [this] {
    rotating_->tick();
    watch_clock();
  });
}

/// Takes the jobs that are over off the front, in the order of the inputs.
void Batch::settle() {
  while (!jobs_.empty() && jobs_.front()->over) {
    Job& job = *jobs_.front();
    account(job);
    const bool wrote = job.result.status != ExitStatus::nothing_done;
    if (into_directory_ && wrote && !job.result.output_failed) job.output->finish();
    jobs_.pop_front();
    if (!jobs_.empty() && jobs_.front()->spool) jobs_.front()->spool->open();
  }
}

/// For --meta and --verbose.
void Batch::keep_account(const Job& job) {
  const InputResult& result = job.result;
  if (meta_) {
    MetaFile::Entry& entry = entries_[static_cast<std::size_t>(job.input - inputs_.data())];
    entry.started = true;
    entry.result = result;
  }
  if (result.account && result.status != ExitStatus::nothing_done) {
    reporter_.note(fmt::format("{}: {}", input_name(*job.input), summary(*result.account)));
  }
}

void Batch::account(const Job& job) {
  keep_account(job);
  const InputResult& result = job.result;
  if (result.not_a_capture && job.input->found) {
    ++skipped_;
    reporter_.note(result.message);
    return;
  }
  if (!result.message.empty()) reporter_.error(result.message);
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
  stopping_ |= result.output_failed || interrupted_ != ExitStatus::ok;
}

ExitStatus Batch::overall() const {
  if (interrupted_ != ExitStatus::ok) return interrupted_;
  if (done_ == 0 && (failed_ != 0 || skipped_ != 0)) return ExitStatus::nothing_done;
  return failed_ == 0 ? ExitStatus::ok : ExitStatus::damaged;
}

void Batch::finish_common_output() {
  // A run that did nothing leaves no file, and nothing on standard output; one whose output failed no file
  // under its name that lacks rows.
  if (overall() == ExitStatus::nothing_done || output_failed_) return;
  common_output_->begin();
  common_output_->finish();
  rows_finished_ = true;
  if (rotating_ != nullptr && rotating_->failed()) ++failed_;
}

}  // namespace flowmeter
