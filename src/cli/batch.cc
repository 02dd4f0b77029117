#include "cli/batch.h"

// Boost 1.74's Asio uses std::exchange without including it: first.
#include "source/fd_watcher.h"

#include <fmt/format.h>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/requests.h"
#include "cli/batch_inputs.h"
#include "cli/batch_outputs.h"
#include "cli/batch_progress.h"
#include "cli/batch_status.h"
#include "cli/job_queue.h"
#include "cli/meta.h"
#include "cli/tshark_setup.h"
#include "sink/format.h"
#include "source/timer.h"

namespace flowmeter {
namespace {

/// Joins inputs, outputs, jobs and status; answers what users ask meanwhile, and writes --meta at the end.
class Batch {
 public:
  Batch(const Options& options, const MeterPlan& plan, Reporter& reporter)
      : options_(options),
        plan_(plan),
        reporter_(reporter),
        requests_(output_kind(options) == OutputKind::rotating),
        setup_(options, plan, reporter),
        inputs_(inputs_of(options, reporter)),
        status_(inputs_.passed_over),
        queue_(
            inputs_.inputs, options.jobs, [this](Job& job) { start(job); },
            [this](Job& job) { conclude(job); }),
        progress_(io_, inputs_.inputs, queue_, reporter, options.progress),
        clock_(io_) {
    check_outputs(options, inputs_.inputs);
    if (!options.meta.empty()) {
      meta_ = std::make_unique<MetaFile>(options.meta, reporter);
      for (const Input& input : inputs_.inputs) entries_.push_back({input.path});
    }
    // Where rows and the line of progress are seen on one screen the line makes way.
    std::function<void()> make_way;
    if (options.rows_on_terminal) make_way = [this] { progress_.erase(); };
    outputs_ = std::make_unique<BatchOutputs>(options, header_line(options.rows, plan.header), reporter,
                                              std::move(make_way));
  }

  ExitStatus run() {
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

 private:
  ExitStatus meter_all() {
    asked_ = std::make_unique<FdWatcher>(io_, requests_.descriptor());
    answer_requests();
    if (outputs_->rotating() != nullptr && options_.rotation.every) watch_clock();
    progress_.start();
    queue_.start_more();
    io_.run();
    finish_output();
    progress_.erase();
    if (const std::size_t skipped = status_.skipped(); skipped != 0) {
      reporter_.warning(fmt::format("passed over {} file{} that {} no capture{}{}", skipped,
                                    skipped == 1 ? "" : "s", skipped == 1 ? "is" : "are",
                                    skipped == 1 ? "" : "s",
                                    options_.level == Reporter::Level::verbose ? "" : " (-v names them)"));
    }
    if (options_.accounts()) reporter_.note(fmt::format("CPU: {}", in_words(cpu_time())));
    for (const std::string& remark : plan_.remarks()) reporter_.warning(remark);
    return status_.exit_status();
  }

  void start(Job& job) {
    job.output = outputs_->open(job.input);
    job.run = InputRun::start(io_, options_, plan_, setup_, job.input, job.alone ? options_.jobs : 1,
                              job.output->rows(), reporter_,
                              [this, &job](const InputResult& result) { end(job, result); });
  }

  void end(Job& job, const InputResult& result) {
    progress_.count(job);
    try {
      queue_.end(job, result);
      if (!status_.stopped()) queue_.start_more();
    } catch (const ReaderGone&) {
      status_.stop();
    }
    // A user who ends the run gets what all of them have read by now; without an output there is no sense in
    // going on.
    if (status_.stopped() && !status_.interrupted()) queue_.clear();
    if (!queue_.jobs().empty()) return;
    asked_.reset();
    clock_.cancel();
    progress_.stop();
  }

  /// A job and all before it have ended.
  void conclude(Job& job) {
    const InputResult& result = job.result;
    if (meta_) {
      MetaFile::Entry& entry = entries_[job.number];
      entry.started = true;
      entry.result = result;
    }
    const bool wrote = result.status != ExitStatus::nothing_done;
    if (result.account && wrote) {
      reporter_.note(fmt::format("{}: {}", input_name(job.input), summary(*result.account)));
    }
    if (result.not_a_capture && job.input.found) {
      status_.skip();
      reporter_.note(result.message);
    } else {
      if (!result.message.empty()) reporter_.error(result.message);
      status_.add(result);
    }
    if (wrote && !result.output_failed) job.output->finish();
  }

  /// A run that did nothing leaves no file, and nothing on standard output; one whose output failed no file
  /// under its name that lacks rows.
  void finish_output() {
    if (status_.exit_status() == ExitStatus::nothing_done || status_.output_failed()) return;
    if (!outputs_->finish()) status_.add_failure();
  }

  void write_meta(ExitStatus status, const std::string& failure) {
    queue_.clear();  // what has not ended by now will not, and is told of as such
    const std::vector<WrittenFile> written = outputs_->close();
    meta_->write({options_, plan_, setup_, entries_, written, status, failure});
  }

  /// Waits for what users ask of a running program.
  void answer_requests() {
    asked_->readable([this] {
      const Requests::Asked asked = requests_.take();
      if (asked.reopen) outputs_->rotating()->turn();
      if (asked.counters) progress_.answer();
      answer_requests();
    });
  }

  /// Waits for the ends of periods.
  void watch_clock() {
    clock_.after(std::chrono::milliseconds(100), [this] {
      outputs_->rotating()->tick();
      watch_clock();
    });
  }

  const Options& options_;
  const MeterPlan& plan_;
  Reporter& reporter_;
  Requests requests_;  // first of all: nobody who asks for the counters wants to end the run
  TsharkSetup setup_;
  const BatchInputs inputs_;
  boost::asio::io_context io_;
  std::unique_ptr<MetaFile> meta_;        // or none
  std::vector<MetaFile::Entry> entries_;  // for it, by input
  std::unique_ptr<BatchOutputs> outputs_;
  BatchStatus status_;
  JobQueue queue_;
  BatchProgress progress_;
  std::unique_ptr<FdWatcher> asked_;  // while there are jobs
  Timer clock_;                       // of the rotation
};

}  // namespace

ExitStatus run_batch(const Options& options, const MeterPlan& plan, Reporter& reporter) {
  return Batch(options, plan, reporter).run();
}

}  // namespace flowmeter
