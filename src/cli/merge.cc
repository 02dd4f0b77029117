#include "cli/merge.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <tuple>

#include "base/interrupt.h"
#include "base/requests.h"
#include "cli/account.h"
#include "cli/command_line.h"
#include "cli/option_table.h"
#include "cli/output.h"
#include "observer/progress.h"
#include "part/part_merger.h"
#include "part/part_settings.h"
#include "schema/flow_columns.h"
#include "sink/fd_sink.h"
#include "sink/file_sink.h"
#include "version.h"

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
  Given given;
  CLI::App app(description, "flowmeter merge");
  app.formatter(std::make_shared<HelpFormatter>());
  app.get_formatter()->column_width(30);
  add_options(app, merge_command, {"Messages", "Output", "Columns"}, given);
  help = parse_words(app, argc, argv);
  const RawOptions& raw = given.raw;
  const Options& all = given.options;
  MergeOptions options{.parts = all.inputs,
                       .output = all.output,
                       .partial = all.partial,
                       .meter = all.meter,
                       .rows = all.rows};
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

/// A part that was looked at. What cannot be opened twice stays open.
struct Part {
  std::string path;
  PartHeader header;
  std::unique_ptr<PartReader> reader;

  [[nodiscard]] std::string name() const { return path == "-" ? "standard input" : path; }
};

Part look_at(const std::string& path) {
  Part part{path, {}, nullptr};
  try {
    auto reader = std::make_unique<PartReader>(path);
    part.header = reader->header();
    if (!reader->regular()) part.reader = std::move(reader);
  } catch (const InputError& error) {
    throw UsageError(fmt::format("{}: {}", part.name(), error.what()));
  }
  return part;
}

void refuse_strangers(const std::vector<Part>& parts) {
  const Part& first = parts.front();
  for (const Part& part : parts) {
    const std::string what = difference(part.header.settings, first.header.settings);
    if (!what.empty()) {
      throw UsageError(
          fmt::format("{} cannot be merged with {}: {}", part.name(), first.name(), printable(what)));
    }
    if (part.header.states != first.header.states) {
      throw UsageError(fmt::format("{} cannot be merged with {}: it was made with other columns", part.name(),
                                   first.name()));
    }
    if (part.header.segments.has_value() != first.header.segments.has_value()) {
      const bool has = part.header.segments.has_value();
      throw UsageError(fmt::format("{} was made with --segment, and {} without",
                                   has ? part.name() : first.name(), has ? first.name() : part.name()));
    }
  }
}

/// The same capture in two parts.
void refuse_doubles(const std::vector<Part>& parts) {
  std::map<std::string, const Part*> seen;
  for (const Part& part : parts) {
    for (const std::string& capture : part.header.captures) {
      const auto [known, is_new] = seen.emplace(capture, &part);
      if (is_new) continue;
      throw UsageError(
          fmt::format("{} and {} are both parts of {}", known->second->name(), part.name(), capture));
    }
  }
}

std::string in_words(const PartSegments& segments) {
  if (segments.first == segments.last) return fmt::format("segment {}", segments.first);
  return fmt::format("segments {} to {}", segments.first, segments.last);
}

/// "segment 3 of 7 is missing"
std::string missing(const PartSegments& segments) {
  return fmt::format("{} of {} {} missing", in_words(segments), segments.total,
                     segments.first == segments.last ? "is" : "are");
}

/// In their order. `whole`: they must be all.
void sort_by_segment(std::vector<Part>& parts, bool whole) {
  std::sort(parts.begin(), parts.end(), [](const Part& a, const Part& b) {
    return std::tie(a.header.segments->first, a.header.segments->last) <
           std::tie(b.header.segments->first, b.header.segments->last);
  });
  const Part* before = nullptr;
  for (const Part& part : parts) {
    const PartSegments& segments = *part.header.segments;
    if (segments.total != parts.front().header.segments->total) {
      throw UsageError(fmt::format("{} belongs to {} segments, {} to {}", part.name(), segments.total,
                                   parts.front().name(), parts.front().header.segments->total));
    }
    const std::uint64_t expected = before != nullptr ? before->header.segments->last + 1
                                   : whole           ? 1
                                                     : segments.first;
    if (segments.first < expected) {
      throw UsageError(fmt::format("{} and {} overlap: {} and {}", before->name(), part.name(),
                                   in_words(*before->header.segments), in_words(segments)));
    }
    if (segments.first > expected) {
      throw UsageError(missing({expected, segments.first - 1, segments.total}) + " before " + part.name());
    }
    before = &part;
  }
  const PartSegments& last = *before->header.segments;
  if (whole && last.last != last.total) {
    throw UsageError(missing({last.last + 1, last.total, last.total}) + " after " + before->name());
  }
}

void sort_by_time(std::vector<Part>& parts) {
  const auto name_of_first = [](const Part& part) {
    return part.header.captures.empty() ? std::string() : part.header.captures.front();
  };
  std::sort(parts.begin(), parts.end(), [&](const Part& a, const Part& b) {
    return std::tuple(a.header.first_ns, name_of_first(a)) < std::tuple(b.header.first_ns, name_of_first(b));
  });
}

/// What all of them have, and what they are together.
PartHeader whole_header(const std::vector<Part>& parts) {
  PartHeader whole = parts.front().header;
  whole.skipped = 0;
  whole.program = fmt::format("flowmeter {}", version);
  for (auto part = parts.begin() + 1; part != parts.end(); ++part) {
    whole.captures.insert(whole.captures.end(), part->header.captures.begin(), part->header.captures.end());
    if (!whole.first_ns) whole.first_ns = part->header.first_ns;
  }
  if (whole.segments) whole.segments->last = parts.back().header.segments->last;
  return whole;
}

/// Reads all parts into the merger.
class Merge {
 public:
  Merge(const MergeOptions& options, Reporter& reporter) : options_(options), reporter_(reporter) {
    for (const std::string& path : options.parts) parts_.push_back(look_at(path));
    refuse_strangers(parts_);
    refuse_doubles(parts_);
    if (parts_.front().header.segments) {
      sort_by_segment(parts_, !options.partial);
    } else {
      sort_by_time(parts_);
    }
    whole_ = whole_header(parts_);
    make_plan();
  }

  ExitStatus run() {
    if (!options_.output.empty()) report_leftovers(leftovers_of(options_.output), reporter_);
    const auto sink = open_sink(options_.output, FileKeeper{reporter_},
                                options_.partial ? Unfinished::removed : Unfinished::kept);
    Output output(*sink, options_.partial ? "" : header_line(options_.rows, plan_.header));
    const auto writer = make_writer(output, options_.rows, plan_.header);
    if (options_.partial) {
      run_partial(*writer);
    } else {
      const std::string input = whole_.captures.empty() ? std::string() : whole_.captures.front();
      const auto rows = plan_.columns->make_sink(input, *writer);
      PartMerger merger(plan_.policy, plan_.columns->accumulators(), *rows);
      take_all(merger);
      if (status_ == ExitStatus::ok || status_ == ExitStatus::damaged) merger.end();
    }
    if (status_ != ExitStatus::ok && status_ != ExitStatus::damaged) {
      output.flush();
      return status_;  // no file under its name that lacks rows
    }
    output.begin();
    output.finish();
    for (const std::string& remark : plan_.remarks()) reporter_.warning(remark);
    return status_;
  }

 private:
  /// Flows are what the parts say; rows show what the options ask for, or else all that was recorded.
  void make_plan() {
    MeterOptions meter = options_.meter;
    try {
      read_settings(whole_.settings, meter);
    } catch (const InputError& error) {
      throw UsageError(fmt::format("{}: {}", parts_.front().name(), error.what()));
    }
    meter.recorded = MeterOptions::Recorded{meter.schema, meter.columns};
    meter.features.parts = true;
    if (options_.selected) {
      meter.columns = options_.meter.columns;
      if (!options_.meter.schema.empty()) meter.schema = options_.meter.schema;
    }
    plan_ = flowmeter::make_plan(meter);
  }

  void run_partial(RowWriter& writer) {
    const PartMerger* facts = nullptr;
    PartLog log(
        plan_.columns->accumulators(), [&facts](const Packet&, bool) { return facts->facts(); }, writer);
    whole_.states = plan_.columns->accumulators().names();
    log.write(to_line(whole_));
    PartMerger merger(part_policy(plan_.policy), plan_.columns->accumulators(), log, &log);
    facts = &merger;
    take_all(merger);
    if (status_ != ExitStatus::ok && status_ != ExitStatus::damaged) return;
    merger.end();
    PartTrailer trailer;
    trailer.damaged = status_ == ExitStatus::damaged;
    trailer.frames = merger.frames();
    trailer.clock_ns = merger.clock_ns();
    trailer.parts = log.parts();
    trailer.digest = digest_.value();
    trailer.announcements = all_announcements_;
    log.write(to_line(trailer));
  }

  void take_all(PartMerger& merger) {
    std::map<std::pair<std::uint64_t, std::uint64_t>, std::string> seen;  // by frames and their digest
    for (Part& part : parts_) {
      try {
        if (!part.reader) part.reader = std::make_unique<PartReader>(part.path);
        if (!merger.take(*part.reader, [&] { answer(merger, part); })) {
          status_ = Interrupt::signal() == SIGTERM ? ExitStatus::terminated : ExitStatus::interrupted;
          return;
        }
        const PartTrailer& trailer = part.reader->trailer();
        digest_.add(trailer.digest);
        if (&part != &parts_.back()) announcements_ += trailer.announcements;
        all_announcements_ += trailer.announcements;
        const auto [known, is_new] = seen.emplace(std::pair(trailer.frames, trailer.digest), part.name());
        if (!is_new && trailer.frames != 0) {
          throw InputError(fmt::format("holds the same frames as {}", known->second));
        }
        if (trailer.damaged) {
          reporter_.error(fmt::format("{}: its capture is damaged at the end", part.name()));
          status_ = ExitStatus::damaged;
        }
      } catch (const InputError& error) {
        // A flow may lack what the part does not tell: it is better not to be had.
        throw std::runtime_error(
            fmt::format("{}: {} (open flows were not written)", part.name(), error.what()));
      }
      part.reader.reset();
    }
    for (const std::string& remark : remarks_on(merger.counters())) reporter_.warning(remark);
    if (announcements_ != 0) {
      reporter_.warning(
          fmt::format("{} packet{} of signalling may have announced media, of which the parts after know "
                      "nothing: streams there may be "
                      "cut otherwise than in a run over all captures",
                      announcements_, announcements_ == 1 ? "" : "s"));
    }
    reporter_.note(fmt::format("{} parts, {} frames, {} flows ended, {} open", parts_.size(), merger.frames(),
                               merger.counters().ended_flows(), merger.counters().open_flows()));
  }

  /// The counters, for one who asks for them.
  void answer(const PartMerger& merger, const Part& part) {
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
  std::vector<Part> parts_;
  PartHeader whole_;
  MeterPlan plan_;
  FrameDigest digest_;
  std::uint64_t announcements_ = 0, all_announcements_ = 0;  // but for the last part's, and all
  ExitStatus status_ = ExitStatus::ok;
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
