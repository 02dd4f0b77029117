#include "cli/application.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <map>
#include <system_error>

#include "base/interrupt.h"
#include "cli/input_run.h"
#include "cli/inputs.h"
#include "cli/options.h"
#include "cli/output.h"
#include "sink/csv_writer.h"
#include "sink/fd_sink.h"
#include "sink/file_sink.h"
#include "source/child.h"
#include "version.h"

namespace flowmeter {
namespace {

namespace fs = std::filesystem;

/// Collects what is written.
class TextSink final : public ByteSink {
 public:
  void write(std::string_view bytes) override { text += bytes; }
  void flush() override {}
  void finish() override {}

  std::string text;
};

std::string header_line(const Options& options, const MeterPlan& plan) {
  TextSink sink;
  CsvWriter(sink, options.delimiter, options.header).header(plan.header());
  return sink.text;
}

void print(std::string_view text) {
  FdSink out(STDOUT_FILENO, "standard output");
  out.write(text);
  out.finish();
}

std::string column_table() {
  std::string table;
  for (const Column& column : column_registry()) {
    table += fmt::format("{}\t{}\t{}\t{}\n", column.name, column.unit, column.description,
                         fmt::join(column.fields, ","));
  }
  return table;
}

/// The first line that tshark says of its version.
std::string tshark_version(const TsharkOptions& options) {
  const std::string program = find_program(options.program);
  Child child({program, {"--version"}, {{"LC_ALL", "C.UTF-8"}}}, Child::Input::none);
  std::string text;
  char chunk[512];
  for (ssize_t count = 0; (count = read(child.out().get(), chunk, sizeof chunk)) > 0;) {
    text.append(chunk, static_cast<std::size_t>(count));
  }
  return text.substr(0, text.find('\n'));
}

void print_version(const Options& options) {
  std::string text = fmt::format("flowmeter {}\n", version);
  try {
    text += tshark_version(options.tshark) + '\n';
  } catch (const std::exception& error) {
    text += fmt::format("no tshark: {}\n", error.what());
  }
  print(text);
}

/// The inputs of a run, one behind the other.
class Batch {
 public:
  Batch(const Options& options, const MeterPlan& plan, Reporter& reporter)
      : options_(options),
        plan_(plan),
        reporter_(reporter),
        header_(header_line(options, plan)),
        inputs_(list_inputs(options.inputs, options.recursive)) {}

  ExitStatus run();

 private:
  ExitStatus run_into_one();
  ExitStatus run_into_directory();
  /// False: no sense in going on.
  bool run_one(const Input& input, Output& output);
  ExitStatus overall() const;

  const Options& options_;
  const MeterPlan& plan_;
  Reporter& reporter_;
  const std::string header_;
  const std::vector<Input> inputs_;
  std::size_t done_ = 0, failed_ = 0, skipped_ = 0;
  ExitStatus worst_failure_ = ExitStatus::ok;
  bool interrupted_ = false;
};

bool Batch::run_one(const Input& input, Output& output) {
  const RunResult result = run_input(options_, plan_, input.path, output, reporter_);
  if (result.not_a_capture && input.found) {
    ++skipped_;
    reporter_.note(result.message);
    return true;
  }
  if (!result.message.empty()) reporter_.error(result.message);
  switch (result.status) {
    case ExitStatus::ok:
      ++done_;
      break;
    case ExitStatus::damaged:
      ++done_;
      ++failed_;
      worst_failure_ = ExitStatus::damaged;
      break;
    case ExitStatus::nothing_done:
      ++failed_;
      break;
    case ExitStatus::interrupted:
    case ExitStatus::terminated:
      interrupted_ = true;
      worst_failure_ = result.status;
      break;
  }
  return !result.reader_gone && !interrupted_;
}

ExitStatus Batch::overall() const {
  if (interrupted_) return worst_failure_;
  if (done_ == 0 && skipped_ != 0) return ExitStatus::nothing_done;
  if (failed_ == 0) return ExitStatus::ok;
  return done_ == 0 ? ExitStatus::nothing_done : ExitStatus::damaged;
}

ExitStatus Batch::run_into_one() {
  std::unique_ptr<ByteSink> sink;
  if (options_.output.empty()) {
    sink = std::make_unique<FdSink>(STDOUT_FILENO, "standard output");
  } else {
    sink = std::make_unique<FileSink>(options_.output);
  }
  Output output(*sink, header_);
  for (const Input& input : inputs_) {
    if (!run_one(input, output)) break;
  }
  // A run that did nothing leaves no file, and nothing on standard output.
  if (overall() != ExitStatus::nothing_done) output.finish();
  return overall();
}

ExitStatus Batch::run_into_directory() {
  std::map<fs::path, std::string> taken;
  for (const Input& input : inputs_) {
    const fs::path path = output_path(options_.output, input);
    const auto [other, is_new] = taken.emplace(path, input.path);
    if (!is_new) {
      throw UsageError(fmt::format("{} and {} would both be written to {}", other->second,
                                   input.path, path.string()));
    }
  }
  for (const Input& input : inputs_) {
    const fs::path path = output_path(options_.output, input);
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    FileSink sink(path);
    Output output(sink, header_);
    const std::size_t before = done_;
    const bool go_on = run_one(input, output);
    if (done_ != before || interrupted_) output.finish();
    if (!go_on) break;
  }
  return overall();
}

ExitStatus Batch::run() {
  if (inputs_.empty()) {
    throw UsageError(fmt::format("{}: no files below", fmt::join(options_.inputs, ", ")));
  }
  std::error_code ignored;
  const bool into_directory = !options_.output.empty() && (options_.output.ends_with('/') ||
                                                           fs::is_directory(options_.output, ignored));
  const ExitStatus status = into_directory ? run_into_directory() : run_into_one();
  if (skipped_ != 0) {
    reporter_.warning(fmt::format("skipped {} file{} that tshark does not know as captures{}",
                                  skipped_, skipped_ == 1 ? "" : "s",
                                  options_.level == Reporter::Level::verbose ? "" : " (-v names them)"));
  }
  return status;
}

ExitStatus run(const Options& options, Reporter& reporter) {
  if (options.version) {
    print_version(options);
    return ExitStatus::ok;
  }
  if (options.list_columns) {
    print(column_table());
    return ExitStatus::ok;
  }
  const std::unique_ptr<MeterPlan> plan = make_plan(options.meter);
  if (options.print_command) {
    const std::string input = options.inputs.empty() ? "-" : options.inputs.front();
    print(shell_line(tshark_command(options.tshark, plan->fields(), input)) + '\n');
    return ExitStatus::ok;
  }
  if (options.inputs.empty()) {
    throw UsageError("no input; name captures, or - for standard input (see --help)");
  }
  return Batch(options, *plan, reporter).run();
}

/// A standard descriptor that is closed would be the next one that is opened, for anything. In its
/// place comes one that can do nothing.
void keep_standard_descriptors() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF) continue;
    // Reading from /dev/null ends at once; writing to a descriptor opened for reading fails.
    [[maybe_unused]] const int opened = open("/dev/null", O_RDONLY);
  }
}

}  // namespace

ExitStatus run_application(int argc, const char* const* argv) {
  Reporter reporter(Reporter::Level::normal);
  keep_standard_descriptors();
  try {
    const Interrupt interrupt;
    std::string help;
    const Options options = parse_options(argc, argv, help);
    if (!help.empty()) {
      print(help);
      return ExitStatus::ok;
    }
    reporter = Reporter(options.level);
    return run(options, reporter);
  } catch (const UsageError& error) {
    reporter.error(error.what());
    return ExitStatus::nothing_done;
  } catch (const ReaderGone&) {
    return ExitStatus::ok;
  } catch (const std::exception& error) {
    reporter.error(error.what());
    return ExitStatus::damaged;
  }
}

}  // namespace flowmeter
