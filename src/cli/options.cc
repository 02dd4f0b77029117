#include "cli/options.h"

#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <filesystem>
#include <limits>
#include <thread>

#include "base/descriptor.h"
#include "base/error.h"
#include "cli/option_groups.h"
#include "cli/option_hints.h"
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

void add_input_options(CLI::App& app, Options& options) {
  app.add_option("INPUT", options.inputs,
                 "Captures or tshark output; - is standard input, told apart by content")
      ->type_name("");
  app.add_flag("-r,--recursive", options.recursive, "Take all captures below directories")->group("Input");
  app.add_flag("--continuous", options.continuous,
               "The captures are parts of one: flows continue from file to file, in time order")
      ->group("Input");
  app.add_option("-Y,--display-filter", options.tshark.display_filter,
                 "Count only frames that match this display filter of tshark")
      ->type_name("FILTER")
      ->group("Input");
  app.add_option("-d,--decode-as", options.tshark.decode_as, "tshark's decode-as rule (repeatable)")
      ->type_name("RULE")
      ->allow_extra_args(false)
      ->group("Input");
  app.add_option("--pref", options.tshark.preferences, "A tshark preference, as its -o takes it (repeatable)")
      ->type_name("NAME:VALUE")
      ->allow_extra_args(false)
      ->group("Input");
  app.add_option(
         "--read-format", options.tshark.read_format,
         "What the inputs are, as tshark -X read_format: names it; for formats that it can only guess")
      ->type_name("NAME")
      ->group("Input");
  app.add_option("--tshark", options.tshark.program, "The tshark to run")
      ->type_name("PATH")
      ->capture_default_str()
      ->group("Input");
  app.add_flag("--transport-only", options.tshark.transport_only,
               "Switch application dissectors off: faster; see doc/tshark.md for what differs")
      ->group("Input");
  add_choice<TsharkOutputChoice>(
      app, "--decoder", options.decoder,
      "Format to read from tshark: ek, json, columns, or auto (the fastest exact one)",
      {{"auto", TsharkOutputChoice::automatic},
       {"ek", TsharkOutputChoice::ek},
       {"json", TsharkOutputChoice::json},
       {"columns", TsharkOutputChoice::columns}},
      "Input");
  app.add_option("-j,--jobs", options.jobs, "Number of tsharks to run at once (default: one for each core)")
      ->type_name("N")
      ->check(CLI::Range(1, 256).description(""))
      ->group("Input");
  app.add_option("--life-frames", options.life_frames,
                 "Frames after which a tshark is replaced, to bound its memory (0: never)")
      ->type_name("N")
      ->check(CLI::Validator(CLI::NonNegativeNumber).description(""))
      ->capture_default_str()
      ->group("Input");
  app.add_flag("--keep-going", options.keep_going,
               "Skip damaged records of tshark's output and report their number")
      ->group("Input");
  app.add_flag("--print-command", options.print_command,
               "Print the tshark command line that would be run, and exit")
      ->group("Input");
  app.add_option("--read-size", options.read_bytes, "Most bytes for a read")->group("");
}

void add_live_options(CLI::App& app, Options& options, RawOptions& raw) {
  LiveOptions& live = options.live;
  app.add_option("-i,--interface", live.interfaces, "Capture on this interface until SIGINT (repeatable)")
      ->type_name("NAME")
      ->allow_extra_args(false)
      ->group("Live");
  app.add_option("-f,--capture-filter", live.filter,
                 "Capture only what this filter matches (syntax of tcpdump)")
      ->type_name("FILTER")
      ->group("Live");
  app.add_option("-c,--frames", live.frames,
                 "Stop after this number of frames: captured ones, or those of each input")
      ->type_name("N")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{INT32_MAX}).description(""))
      ->group("Input");
  app.add_option("--duration", raw.duration, "Stop after this number of seconds")
      ->type_name("SECONDS")
      ->group("Live");
  app.add_option("-s,--snaplen", live.snaplen, "Bytes to capture of each frame (default: all)")
      ->type_name("BYTES")
      ->check(CLI::Range(1, 262'144).description(""))
      ->group("Live");
  app.add_option("-B,--buffer-size", live.buffer_mib, "The kernel's buffer for each interface")
      ->type_name("MIB")
      ->check(CLI::Range(1, 2047).description(""))
      ->capture_default_str()
      ->group("Live");
  app.add_flag_callback(
         "-p,--no-promiscuous", [&live] { live.promiscuous = false; }, "Only frames from and to this machine")
      ->group("Live");
  app.add_option("--follow", options.follow, "Read this file and what is appended to it, until SIGINT")
      ->type_name("FILE")
      ->group("Live");
  app.add_option("--watch", options.watch,
                 "Read the captures that are finished in this directory (tcpdump -G, dumpcap -b) as one, "
                 "until SIGINT")
      ->type_name("DIRECTORY")
      ->group("Live");
  app.add_flag("-D,--list-interfaces", options.list_interfaces, "List the interfaces, and exit")
      ->group("Live");
}

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

void add_flow_options(CLI::App& app, Options& options, RawOptions& raw) {
  MeterOptions& meter = options.meter;
  app.add_option("--transport", raw.transports,
                 "Protocols that flows are kept for: tcp, udp, sctp, dccp, icmp (echo conversations)")
      ->type_name("LIST")
      ->capture_default_str()
      ->group("Flows");
  app.add_option("-t,--timeout", raw.timeout,
                 "A flow ends when its stream is idle for longer than this; 600,udp=60: by protocol")
      ->type_name("SECONDS")
      ->capture_default_str()
      ->group("Flows");
  app.add_option("--active-timeout", raw.active_timeout,
                 "A flow ends at a packet that is later than its first one by more than this")
      ->type_name("SECONDS")
      ->group("Flows");
  app.add_option("--end-on", raw.end_on,
                 "close: a TCP flow also ends 2 s after both FINs or a RST; close=SECONDS: after that long")
      ->type_name("EVENT")
      ->group("Flows");
  app.add_option(
         "--max-flows", meter.most_flows,
         "Maximum number of open flows; the flow that is idle for the longest time ends for a new one")
      ->type_name("N")
      ->check(CLI::Range(std::size_t{1}, std::numeric_limits<std::size_t>::max()).description(""))
      ->group("Flows");
  add_choice<DirectionPolicy>(
      app, "--direction", meter.direction,
      "Forward is from the sender of the first packet (first), or from its receiver if it is a "
      "SYN+ACK (handshake)",
      {{"first", DirectionPolicy::first}, {"handshake", DirectionPolicy::handshake}}, "Flows");
  add_choice<TunnelPolicy>(
      app, "--tunnel", meter.tunnel,
      "Which transport headers of a frame with several count: all, inner, outer",
      {{"all", TunnelPolicy::all}, {"inner", TunnelPolicy::inner}, {"outer", TunnelPolicy::outer}}, "Flows");
  add_choice<ClockPolicy>(
      app, "--clock", meter.clock,
      "Times of packets: their own (raw), or never earlier than the previous packet's (monotone)",
      {{"raw", ClockPolicy::raw}, {"monotone", ClockPolicy::monotone}}, "Flows");
}

void add_output_options(CLI::App& app, Options& options, RawOptions& raw) {
  int& progress = raw.progress;
  app.add_flag("--list-columns", options.list_columns,
               "List columns with their meaning: all, or those of --schema and --columns")
      ->group("Columns");
  app.add_option(
         "-o,--output", options.output,
         "File to write, or directory for one NAME_flow.csv (.tsv, .jsonl) per capture; - is standard output")
      ->type_name("PATH")
      ->group("Output");
  app.add_option("--rotate-every", raw.rotate_every,
                 "Begin a new file at each multiple of this time; -o takes the conversions of strftime")
      ->type_name("SECONDS")
      ->check(CLI::Range(1, 366 * 86'400).description(""))
      ->group("Output");
  app.add_option("--rotate-rows", options.rotation.rows, "Begin a new file after this number of rows")
      ->type_name("N")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 40).description(""))
      ->group("Output");
  add_row_options(app, options.rows, raw);
  app.add_option("--meta", options.meta,
                 "JSON file that records versions, options, inputs and counts, to repeat the run; - with -o")
      ->type_name("FILE")
      ->group("Output");
  app.add_flag_callback(
         "--progress", [&progress] { progress = 1; },
         "Show progress on stderr (default on a terminal that has no rows)")
      ->group("Messages");
  app.add_flag_callback(
         "--no-progress", [&progress] { progress = 0; }, "Show no progress")
      ->group("Messages");
  add_message_options(app, raw);
  app.add_flag("--version", options.version, "Print the versions of flowmeter and tshark")->group("Messages");
}

void add_part_options(CLI::App& app, Options& options, RawOptions& raw) {
  app.add_flag("--partial", options.partial,
               "Write a part for flowmeter merge instead of rows: flows can continue in the next capture")
      ->group("Parts");
  app.add_option("--segment", raw.segment,
                 "Number of the part and of all parts, so that merge notices missing ones")
      ->type_name("N/TOTAL")
      ->needs(app.get_option("--partial"))
      ->group("Parts");
  app.add_option("--after", options.after,
                 "The previous capture, whose fragments can belong to datagrams of this one")
      ->type_name("CAPTURE")
      ->needs(app.get_option("--partial"))
      ->group("Parts");
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
  Options options;
  RawOptions raw;
  options.given.assign(argv + 1, argv + std::max(argc, 1));
  argc = cut_verbatim(argc, argv, options.tshark.extra_arguments);

  CLI::App app(description, "flowmeter");
  app.formatter(std::make_shared<HelpFormatter>());
  app.get_formatter()->column_width(30);
  app.footer(examples);
  app.set_help_flag("-h,--help", "Print this help")->group("Messages");
  add_input_options(app, options);
  add_live_options(app, options, raw);
  add_flow_options(app, options, raw);
  add_selection_options(app, options.meter);
  add_recorded_options(app, options.meter);
  add_printed_options(app, options.meter, raw);
  add_output_options(app, options, raw);
  add_part_options(app, options, raw);
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
  options.progress = raw.progress < 0 ? by_default : raw.progress == 1;
  return options;
}

}  // namespace flowmeter
