#include "cli/application.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "base/interrupt.h"
#include "cli/batch.h"
#include "cli/column_list.h"
#include "cli/merge.h"
#include "cli/options.h"
#include "cli/tshark_setup.h"
#include "part/part_recorder.h"
#include "sink/fd_sink.h"
#include "source/child.h"
#include "version.h"

namespace flowmeter {
namespace {

void print(std::string_view text) {
  FdSink out(STDOUT_FILENO, "standard output");
  out.write(text);
  out.finish();
}

/// All that the child says on its standard output.
std::string output_of(Child& child) {
  std::string text;
  char chunk[512];
  for (ssize_t count = 0; (count = read(child.out().get(), chunk, sizeof chunk)) > 0;) {
    text.append(chunk, static_cast<std::size_t>(count));
  }
  return text;
}

/// The first line that tshark says of its version.
std::string tshark_version(const TsharkOptions& options) {
  const std::string program = find_program(options.program);
  Child child({program, {"--version"}, private_environment()}, Child::Input::none);
  const std::string text = output_of(child);
  return text.substr(0, text.find('\n'));
}

/// Prints what -i takes, as dumpcap numbers and describes it.
void list_interfaces(const TsharkOptions& options) {
  const std::string program = find_dumpcap(find_program(options.program));
  Command command{program, {"-D"}, private_environment()};
  command.captures = true;
  Child child(command, Child::Input::none);
  const std::string text = output_of(child);
  const ChildExit how = child.wait_for_end();
  child.take_errors();
  if (how.signal != 0 || how.status != 0) throw UsageError(explain_dumpcap(program, how, child.errors()));
  print(text);
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

/// With parts: what tshark is told that may change what it makes of frames.
MeterPlan plan_of(const Options& options) {
  if (!options.partial) return make_plan(options.meter);
  const TsharkOptions& tshark = options.tshark;
  const PartSettings how = {{"transport-only", tshark.transport_only ? "yes" : "no"},
                            {"pref", fmt::format("{}", fmt::join(tshark.preferences, "\n"))},
                            {"decode-as", fmt::format("{}", fmt::join(tshark.decode_as, "\n"))}};
  return make_part_plan(options.meter, how, options.segment);
}

ExitStatus run(const Options& options, Reporter& reporter) {
  if (options.version) {
    print_version(options);
    return ExitStatus::ok;
  }
  if (options.list_interfaces) {
    list_interfaces(options.tshark);
    return ExitStatus::ok;
  }
  if (options.list_columns) {
    list_columns(options, reporter);
    return ExitStatus::ok;
  }
  const MeterPlan plan = plan_of(options);
  if (options.print_command) {
    const std::string input = options.inputs.empty() ? "-" : options.inputs.front();
    TsharkSetup setup(options, plan, reporter);
    const TsharkSetup::Choice& choice = setup.get();
    TsharkInvocation run;
    run.decoder = choice.decoder;
    run.input = input;
    run.configuration_directory = choice.configuration_directory;
    const Command command = tshark_command(choice.tshark, choice.fields, run);
    print(shell_line(command, choice.fields, choice.decoder) + '\n');
    return ExitStatus::ok;
  }
  if (options.inputs.empty() && !options.endless()) {
    throw UsageError("no input; name captures, or - for standard input (see --help)");
  }
  return Batch(options, plan, reporter).run();
}

/// A standard descriptor that is closed would be the next one that is opened, for anything. In its
/// place comes one that can do nothing.
void keep_standard_descriptors() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(fd, F_GETFD) >= 0) continue;
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
    if (argc > 1 && std::string_view(argv[1]) == "merge") return run_merge(argc - 1, argv + 1, reporter);
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
