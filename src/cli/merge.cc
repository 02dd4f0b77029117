#include "cli/merge.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <memory>

#include "base/interrupt.h"
#include "base/requests.h"
#include "cli/account.h"
#include "cli/option_groups.h"
#include "cli/output.h"
#include "observer/progress.h"
#include "part/part_merger.h"
#include "part/part_set.h"
#include "part/part_settings.h"
#include "schema/flow_columns.h"
#include "sink/fd_sink.h"
#include "sink/file_sink.h"

namespace flowmeter {
namespace {

constexpr const char* description =
    "Merges parts that flowmeter --partial has written into the rows that flowmeter --continuous gives for\n"
    "all their captures. Parts can be compressed (gzip, zstd, LZ4) and named in any order.";

class HelpFormatter final : public CLI::Formatter {
  std::string make_usage(const CLI::App* /*app*/, std::string /*name*/) const override {
    return "\nUsage: flowmeter merge [OPTIONS] PART...\n";
  }
};

struct MergeOptions {
  std::vector<std::string> parts;  ///< "-" is standard input
  std::string output;              ///< empty: standard output
  bool partial = false;            ///< another part is written, of all of them
  bool selected = false;           ///< the columns are chosen by the options
  MeterOptions meter;
  RowFormat rows;
  Reporter::Level level = Reporter::Level::normal;
};

MergeOptions parse_merge_options(int argc, const char* const* argv, std::string& help) {
  MergeOptions options;
  RawOptions raw;
  CLI::App app(description, "flowmeter merge");
  app.formatter(std::make_shared<HelpFormatter>());
  app.get_formatter()->column_width(30);
  app.set_help_flag("-h,--help", "Print this help")->group("Messages");
  app.add_option("PART", options.parts, "Parts; - is standard input")->type_name("");
  app.add_option("-o,--output", options.output, "File to write (default: standard output)")
      ->type_name("FILE")
      ->group("Output");
  app.add_flag("--partial", options.partial, "Write another part, of all of them")->group("Output");
  add_row_options(app, options.rows, raw);
  add_selection_options(app, options.meter);
  add_printed_options(app, options.meter, raw);
  add_message_options(app, raw);
  help = parse_words(app, argc, argv);
  if (!help.empty()) return options;
  if (options.output == "-") options.output.clear();
  if (options.parts.empty()) throw UsageError("no parts: name the parts to merge (see --help)");
  options.selected = app.count("--schema") != 0 || app.count("--columns") != 0;
  if (app.count("--schema") == 0) options.meter.schema.clear();
  if (options.partial) {
    for (const CLI::Option* option : app.get_options()) {
      const std::string& group = option->get_group();
      const bool of_rows = (group == "Columns" || group == "Output") && option->count() != 0;
      const std::string name = option->get_name();
      if (!of_rows || name == "--partial" || name == "--output") continue;
      throw UsageError(fmt::format("{} cannot be combined with --partial: give it to the last merge", name));
    }
  }
  read_printed_options(app, raw, options.meter);
  read_row_format(app, raw, options.rows);
  if (options.partial) options.rows.format = OutputFormat::part;
  options.level = level_of(raw);
  return options;
}

/// Reads all parts into the merger, and writes rows or another part.
class Merge {
 public:
  Merge(const MergeOptions& options, Reporter& reporter) : options_(options), reporter_(reporter) {
    for (const std::string& path : options.parts) parts_.push_back(open_part(path));
    put_in_order(parts_, !options.partial);
    header_ = joint_header(parts_);
    plan_ = plan_of_rows();
  }

  ExitStatus run() {
    if (!options_.output.empty()) report_leftovers(leftovers_of(options_.output), reporter_);
    const auto sink = open_sink(options_.output, FileKeeper{reporter_},
                                options_.partial ? Unfinished::removed : Unfinished::kept);
    Output output(*sink, options_.partial ? "" : header_line(options_.rows, plan_.header));
    const auto writer = make_writer(output, options_.rows, plan_.header);
    if (!(options_.partial ? write_part(*writer) : write_rows(*writer))) {
      output.flush();  // no file under its name that lacks rows
      return Interrupt::signal() == SIGTERM ? ExitStatus::terminated : ExitStatus::interrupted;
    }
    output.begin();
    output.finish();
    for (const std::string& remark : plan_.remarks()) reporter_.warning(remark);
    return totals_.damaged() ? ExitStatus::damaged : ExitStatus::ok;
  }

 private:
  /// Flows are what the parts say; rows show what the options ask for, or else all that was recorded.
  [[nodiscard]] MeterPlan plan_of_rows() const {
    MeterOptions meter = options_.meter;
    try {
      read_settings(header_.settings, meter);
    } catch (const InputError& error) {
      throw UsageError(fmt::format("{}: {}", parts_.front().name(), error.what()));
    }
    meter.recorded = MeterOptions::Recorded{meter.schema, meter.columns};
    meter.features.parts = true;
    if (options_.selected) {
      meter.columns = options_.meter.columns;
      if (!options_.meter.schema.empty()) meter.schema = options_.meter.schema;
    }
    return flowmeter::make_plan(meter);
  }

  /// False, as from the others: the user ended the run.
  [[nodiscard]] bool write_rows(RowWriter& writer) {
    const std::string input = header_.captures.empty() ? std::string() : header_.captures.front();
    const auto rows = plan_.columns->make_sink(input, writer);
    PartMerger merger(plan_.policy, plan_.columns->accumulators(), *rows);
    if (!read_all(merger)) return false;
    merger.end();
    return true;
  }

  [[nodiscard]] bool write_part(RowWriter& writer) {
    const PartMerger* facts = nullptr;
    PartLog log(
        plan_.columns->accumulators(), [&facts](const Packet&, bool) { return facts->facts(); }, writer);
    header_.states = plan_.columns->accumulators().names();
    log.write(to_line(header_));
    PartMerger merger(part_policy(plan_.policy), plan_.columns->accumulators(), log, &log);
    facts = &merger;
    if (!read_all(merger)) return false;
    merger.end();
    PartTrailer trailer = totals_.trailer();
    trailer.clock_ns = merger.clock_ns();
    trailer.parts = log.parts();
    log.write(to_line(trailer));
    return true;
  }

  [[nodiscard]] bool read_all(PartMerger& merger) {
    for (PartFile& part : parts_) {
      try {
        if (!part.reader) part.reader = std::make_unique<PartReader>(part.path);
        if (!merger.take(*part.reader, [&] { answer(merger, part); })) return false;
        totals_.add(part.name(), part.reader->trailer());
        if (part.reader->trailer().damaged) {
          reporter_.error(fmt::format("{}: its capture is damaged at the end", part.name()));
        }
      } catch (const InputError& error) {
        // A flow may lack what the part does not tell: it is better not to be had.
        throw std::runtime_error(
            fmt::format("{}: {} (open flows were not written)", part.name(), error.what()));
      }
      part.reader.reset();
    }
    for (const std::string& remark : remarks_on(merger.counters())) reporter_.warning(remark);
    if (const std::uint64_t number = totals_.unheard_announcements(); number != 0) {
      reporter_.warning(
          fmt::format("{} packet{} of signalling may have announced media, of which the parts after know "
                      "nothing: streams there may be "
                      "cut otherwise than in a run over all captures",
                      number, number == 1 ? "" : "s"));
    }
    reporter_.note(fmt::format("{} parts, {} frames, {} flows ended, {} open", parts_.size(), merger.frames(),
                               merger.counters().ended_flows(), merger.counters().open_flows()));
    return true;
  }

  /// The counters, for one who asks for them.
  void answer(const PartMerger& merger, const PartFile& part) {
    if (!Requests::any() || !requests_.take().counters) return;
    const FlowCounters& flows = merger.counters();
    reporter_.answer(counters_line(fmt::format("{} of {} parts merged", &part - parts_.data(), parts_.size()),
                                   {merger.frames(), flows.open_flows(), flows.ended_flows()},
                                   std::chrono::steady_clock::now() - start_));
  }

  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  Requests requests_{false};
  const MergeOptions& options_;
  Reporter& reporter_;
  std::vector<PartFile> parts_;
  PartHeader header_;  // of all of them
  MeterPlan plan_;
  PartTotals totals_;
};

}  // namespace

ExitStatus run_merge(int argc, const char* const* argv, Reporter& reporter) {
  std::string help;
  const MergeOptions options = parse_merge_options(argc, argv, help);
  if (!help.empty()) {
    FdSink out(STDOUT_FILENO, "standard output");
    out.write(help);
    out.finish();
    return ExitStatus::ok;
  }
  reporter = Reporter(options.level);
  return Merge(options, reporter).run();
}

}  // namespace flowmeter
