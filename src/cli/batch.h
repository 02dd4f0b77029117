#pragma once

// Boost 1.74's Asio uses std::exchange without including it: first.
#include "source/fd_watcher.h"

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <deque>
#include <filesystem>
#include <memory>
#include <string>

#include "base/error.h"
#include "base/report.h"
#include "base/requests.h"
#include "cli/input_run.h"
#include "cli/inputs.h"
#include "cli/meta.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/tshark_setup.h"
#include "observer/progress.h"
#include "sink/file_sink.h"
#include "sink/rotating_file.h"
#include "sink/spool.h"
#include "source/timer.h"

namespace flowmeter {

/// All inputs of the command line: small ones side by side, one tshark each, large ones one after the
/// other, several tsharks each; their rows in the order of the inputs, under one header or in one
/// file for each.
class Batch {
 public:
  /// All of them outlive the batch. Throws UsageError if the inputs or their outputs clash.
  Batch(const Options& options, const MeterPlan& plan, Reporter& reporter);
  ~Batch();

  /// Blocks until all is done. Throws OutputError if the output cannot be written.
  ExitStatus run();

 private:
  ExitStatus meter_all();
  void write_meta(ExitStatus status, const std::string& failure);
  /// An input that is being metered, or that waits for its turn to be written.
  struct Job {
    const Input* input = nullptr;
    bool alone = false;
    std::unique_ptr<FileSink> file;  // of its own, or none
    std::unique_ptr<Spool> spool;
    std::unique_ptr<Output> output;
    std::unique_ptr<InputRun> run;  // none: it is over
    double bytes = 0;               // of the input's file; 0: not known
    bool over = false;
    InputResult result;
  };

  [[nodiscard]] FileKeeper keeper();
  [[nodiscard]] std::unique_ptr<FileSink> make_file(const std::filesystem::path& path);
  void start_more();
  void start(const Input& input, bool alone);
  void over(Job& job, const InputResult& result);
  void settle();
  void account(const Job& job);
  void keep_account(const Job& job);
  [[nodiscard]] bool is_large(const Input& input) const;
  [[nodiscard]] ExitStatus overall() const;
  void finish_common_output();
  void listen();
  void answer();
  // batch_progress.cc
  void start_progress();
  void show_progress(std::chrono::milliseconds delay);
  [[nodiscard]] std::chrono::duration<double> elapsed() const;
  [[nodiscard]] std::string counted() const;
  [[nodiscard]] Reached reached() const;
  void answer_with_counters() const;
  void watch_clock();

  const Options& options_;
  const MeterPlan& plan_;
  Reporter& reporter_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  const bool into_directory_, rotates_;
  Requests requests_;  // first of all: nobody who asks for the counters wants to end the run
  const std::string header_;
  TsharkSetup setup_;
  std::size_t skipped_ = 0;  // files below directories that are no captures
  const std::vector<Input> inputs_;
  std::unique_ptr<Progress> progress_;    // or none
  std::unique_ptr<MetaFile> meta_;        // or none
  std::vector<MetaFile::Entry> entries_;  // for it, by input
  std::vector<WrittenFile> written_;      // for it
  std::unique_ptr<ByteSink> common_;      // unless each has its own
  RotatingFile* rotating_ = nullptr;      // that is it, or none
  FdSink* standard_output_ = nullptr;     // likewise
  std::unique_ptr<Output> common_output_;
  boost::asio::io_context io_;
  std::unique_ptr<FdWatcher> asked_;       // while there are jobs
  Timer clock_{io_};                       // of the rotation
  Timer repaint_{io_};                     // of the progress
  std::size_t next_ = 0;                   // input to be started
  std::deque<std::unique_ptr<Job>> jobs_;  // in the order of the inputs
  std::size_t inputs_over_ = 0;
  Reached over_;                              // by these
  double bytes_over_ = 0, bytes_of_all_ = 0;  // of inputs that are files
  bool stopping_ = false;
  bool output_failed_ = false;
  bool rows_finished_ = false;
  std::size_t done_ = 0, failed_ = 0;
  ExitStatus interrupted_ = ExitStatus::ok;
};

}  // namespace flowmeter
