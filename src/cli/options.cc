#include "cli/options.h"

#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>
#include <algorithm>
#include <filesystem>
#include <memory>
#include <thread>

#include "base/descriptor.h"
#include "base/error.h"
#include "cli/command_line.h"
#include "cli/option_hints.h"
#include "cli/option_table.h"
#include "cli/option_values.h"

namespace flowmeter {

namespace fs = std::filesystem;

namespace {

constexpr const char* description =
    "Flow features from network traffic: one CSV row for each TCP or UDP conversation.\n"
    "Reads captures (by tshark) and tshark's own JSON, EK and fields output.";

constexpr const char* examples =
    "Examples:\n"
    "  flowmeter trace.pcapng > flows.csv\n"
    "  flowmeter --columns +id trace.pcapng > flows.csv     (addresses, times and ids as well)\n"
    "  tshark -r trace.pcapng -T ek | flowmeter -\n"
    "  tcpdump -i eth0 -w - | flowmeter - | mlr --icsv --opprint sort -nr fwd_tot_byte\n"
    "  flowmeter -i eth0 -t 60 -o flows-%H%M.csv --rotate-every 300\n"
    "  flowmeter -r captures/ -o flows/\n"
    "\n"
    "Exit status: 0 all read and written; 1 input damaged or cut short (what was read is written);\n"
    "2 nothing done; 130, 143 ended by SIGINT, SIGTERM (open flows are written first).";

class HelpFormatter final : public CLI::Formatter {
  std::string make_usage(const CLI::App* /*app*/, std::string /*name*/) const override {
    return "\nUsage: flowmeter [OPTIONS] INPUT... [-- TSHARK-ARGUMENTS...]\n"
           "       flowmeter merge [OPTIONS] PART...\n";
  }
};

void read_live_options(const CLI::App& app, const RawOptions& raw, Options& options) {
  const bool live = !options.live.interfaces.empty();
  for (const char* name : {"--capture-filter", "--snaplen", "--buffer-size", "--no-promiscuous"}) {
    if (app.count(name) != 0 && !live) throw UsageError(fmt::format("{} needs -i (see --help)", name));
  }
  if (app.count("--duration") != 0) {
    if (!options.endless()) throw UsageError("--duration needs -i, --follow or --watch (see --help)");
    options.duration = parse_seconds("--duration", raw.duration);
  }
  const int kinds = (live ? 1 : 0) + (options.follow.empty() ? 0 : 1) + (options.watch.empty() ? 0 : 1);
  if (kinds > 1) throw UsageError("only one of -i, --follow and --watch at a time (see --help)");
  if (kinds == 1 && (!options.inputs.empty() || options.recursive || options.continuous)) {
    throw UsageError("-i, --follow and --watch are the only input of a run (see --help)");
  }
}

void read_input_options(const Options& options) {
  if (!options.tshark.read_format.empty() && (options.endless() || options.continuous)) {
    throw UsageError("--read-format takes files that are read one by one (see --help)");
  }
}

void read_rotation(const CLI::App& app, const RawOptions& raw, Options& options) {
  if (app.count("--rotate-every") != 0) options.rotation.every = std::chrono::seconds(raw.rotate_every);
  if (options.rotation.wanted() && options.output.empty()) {
    throw UsageError("--rotate-every and --rotate-rows need -o FILE (see --help)");
  }
}

/// A part has a form of its own, and must be all of what was captured.
void read_part_options(const CLI::App& app, const RawOptions& raw, Options& options) {
  if (!options.partial) return;
  if (app.count("--segment") != 0) options.segment = parse_segment(raw.segment);
  for (const char* name : {"--format", "--delimiter", "--safe-cells", "--no-header", "--rotate-every",
                           "--rotate-rows", "--display-filter", "--keep-going", "--frames"}) {
    if (app.count(name) != 0) throw UsageError(fmt::format("{} cannot be combined with --partial", name));
  }
  if (options.endless()) throw UsageError("--partial reads captures from files only");
  if (!options.tshark.extra_arguments.empty()) throw UsageError("--partial takes no arguments for tshark");
  options.meter.features.parts = true;
  options.rows.format = OutputFormat::part;
}

/// Whether rows are seen where they are written.
bool goes_to_terminal(const std::string& output) {
  if (output.empty()) return isatty(STDOUT_FILENO) != 0;
  std::error_code ignored;
  if (!std::filesystem::is_character_file(output, ignored)) return false;
  const Descriptor device(open(output.c_str(), O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
  return device.get() >= 0 && isatty(device.get()) != 0;
}

/// Everything behind the first "--" goes to tshark as it is.
int cut_verbatim(int argc, const char* const* argv, std::vector<std::string>& extra) {
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) != "--") continue;
    extra.assign(argv + i + 1, argv + argc);
    for (const std::string& word : extra) refuse_for_tshark(word);
    return i;
  }
  return argc;
}

}  // namespace

Options parse_options(int argc, const char* const* argv, std::string& help) {
  Given given;
  Options& options = given.options;
  const RawOptions& raw = given.raw;
  options.given.assign(argv + 1, argv + std::max(argc, 1));
  argc = cut_verbatim(argc, argv, options.tshark.extra_arguments);

  CLI::App app(description, "flowmeter");
  app.formatter(std::make_shared<HelpFormatter>());
  app.get_formatter()->column_width(30);
  app.footer(examples);
  add_options(app, flowmeter_command, {"Messages", "Input", "Live", "Flows", "Columns", "Output", "Parts"},
              given);
  help = parse_words(app, argc, argv);
  if (!help.empty()) return options;
  if (options.output == "-") options.output.clear();
  refuse_preference_as_output(options.output);
  for (const std::string& input : options.inputs) {
    // CLI11 takes -2 for a number.
    if (input.size() > 1 && input.front() == '-' && !fs::exists(input)) {
      throw UsageError(explain_unknown(app, input));
    }
  }
  if (options.meta == "-" && options.output.empty()) {
    throw UsageError("--meta - is standard output, where the rows are: it needs -o FILE (see --help)");
  }
  read_live_options(app, raw, options);
  read_input_options(options);
  read_rotation(app, raw, options);
  options.meter.transports = parse_transports(raw.transports);
  if (options.tshark.transport_only && options.meter.transports != tcp_and_udp) {
    throw UsageError("--transport cannot be combined with --transport-only, which leaves TCP and UDP");
  }
  parse_idle_timeouts(raw.timeout, options.meter);
  if (app.count("--active-timeout") != 0) {
    options.meter.active_timeout = parse_seconds("--active-timeout", raw.active_timeout);
  }
  if (app.count("--end-on") != 0) options.meter.close_linger = parse_end_on(raw.end_on);
  options.files = read_printed_options(app, raw, options.meter);
  read_row_format(app, raw, options.rows);
  options.schema_given = app.count("--schema") != 0;
  if (options.list_columns && app.count("--format") + app.count("--delimiter") == 0) {
    options.rows.format = OutputFormat::tsv;  // for eyes
    options.rows.delimiter = '\t';
  }
  read_part_options(app, raw, options);
  options.jobs_given = app.count("--jobs") != 0 || app.count("--life-frames") != 0;
  if (app.count("--jobs") == 0) options.jobs = std::max(1U, std::thread::hardware_concurrency());
  options.level = level_of(raw);
  options.rows_on_terminal = goes_to_terminal(options.output);
  const bool by_default = isatty(STDERR_FILENO) != 0 && !options.rows_on_terminal && !raw.quiet;
  options.progress = raw.progress.value_or(by_default);
  return options;
}

}  // namespace flowmeter
