#include "cli/option_groups.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/anonymizer.h"
#include "base/error.h"
#include "cli/key_file.h"
#include "cli/option_hints.h"
#include "cli/option_values.h"
#include "schema/schemas.h"

namespace flowmeter {
namespace {

/// For a word `--option=`, behind which CLI11 would take the next word for the value.
void refuse_empty_values(int argc, const char* const* argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word.starts_with("--") && word.find('=') == word.size() - 1) {
      throw UsageError(fmt::format("{} has no value (see --help)", word));
    }
  }
}

constexpr int most_splt_packets = 1024;

}  // namespace

void add_selection_options(CLI::App& app, MeterOptions& meter) {
  app.add_option("--schema", meter.schema, fmt::format("Set of columns: {}", fmt::join(schema_names(), ", ")))
      ->type_name("NAME")
      ->capture_default_str()
      ->group("Columns");
  app.add_option("--columns", meter.columns,
                 "Columns and groups: a,b chooses; +a adds to the schema's; =-a drops")
      ->type_name("LIST")
      ->group("Columns");
}

void add_recorded_options(CLI::App& app, MeterOptions& meter) {
  add_choice<SizeBasis>(
      app, "--size", meter.features.size, "Sizes in the default columns: frame, ip, payload",
      {{"frame", SizeBasis::frame}, {"ip", SizeBasis::ip}, {"payload", SizeBasis::payload}}, "Columns");
  app.add_option("--splt", meter.features.splt_packets,
                 "Add the group splt: sizes, gaps and flags of the first N packets")
      ->type_name("N")
      ->check(CLI::Range(1, most_splt_packets).description(""))
      ->group("Columns");
  add_choice<SpltBasis>(app, "--splt-packets", meter.features.splt_basis,
                        "Packets of --splt: all, or payload (no empty ones, no retransmissions)",
                        {{"all", SpltBasis::all}, {"payload", SpltBasis::payload}}, "Columns");
  add_choice<SpltLayout>(app, "--splt-layout", meter.features.splt_layout,
                         "Columns of --splt: one for each packet (wide) or one cell for all (list)",
                         {{"wide", SpltLayout::wide}, {"list", SpltLayout::list}}, "Columns");
  for (const char* name : {"--splt-packets", "--splt-layout"}) {
    app.get_option(name)->needs(app.get_option("--splt"));
  }
  app.add_option("--field", meter.features.fields,
                 "Columns of any tshark field: FIELD[:fwd|bwd|both][:AGGREGATE,...][=NAME] (repeatable)")
      ->type_name("SPEC")
      ->allow_extra_args(false)
      ->group("Columns");
  app.add_option("--list-max", meter.features.list_max, "Maximum number of values in a cell that lists them")
      ->type_name("N")
      ->check(CLI::Range(1, 1'000'000).description(""))
      ->capture_default_str()
      ->group("Columns");
}

void add_printed_options(CLI::App& app, MeterOptions& meter, RawOptions& raw) {
  app.add_option("--cid-seed", meter.features.cid_seed, "Seed of community_id")
      ->type_name("N")
      ->check(CLI::Range(0, 0xffff).description(""))
      ->capture_default_str()
      ->group("Columns");
  app.add_option("--time-digits", meter.features.time_digits, "Decimals of start_utc and end_utc")
      ->type_name("N")
      ->check(CLI::Range(0, 9).description(""))
      ->capture_default_str()
      ->group("Columns");
  app.add_option("--anonymize", raw.key_file,
                 "Replace addresses, prefix-preserving (Crypto-PAn), by the key in that file")
      ->type_name("KEYFILE")
      ->group("Columns");
  app.add_flag("--drop-ids", meter.drop_ids,
               "Leave out the columns that identify a flow: addresses, ports, times, ids")
      ->group("Columns");
  app.add_option("--na", raw.na, "Text for statistics without samples (default: 0; kurtosis -3)")
      ->type_name("TOKEN")
      ->group("Columns");
  app.add_option("--labels", raw.labels, "Add the column `label` by the rules in a CSV file")
      ->type_name("FILE")
      ->group("Columns");
  add_choice<LabelTime>(app, "--label-time", raw.label_time,
                        "What must lie in a rule's time window: any part of a flow (overlap) or its start",
                        {{"overlap", LabelTime::overlap}, {"start", LabelTime::start}}, "Columns");
  app.add_option("--label-tz", raw.label_zone,
                 "Time zone of times in rules without one: UTC, +02:00, Europe/Berlin")
      ->type_name("ZONE")
      ->capture_default_str()
      ->group("Columns");
  app.add_option("--label-default", raw.label_default, "Label of flows that no rule matches")
      ->type_name("TEXT")
      ->capture_default_str()
      ->group("Columns");
}

GivenFiles read_printed_options(const CLI::App& app, const RawOptions& raw, MeterOptions& meter) {
  GivenFiles files;
  if (app.count("--anonymize") != 0) {
    meter.features.anonymizer =
        std::make_shared<Anonymizer>(read_key_file(raw.key_file, files.key.emplace()));
  }
  if (app.count("--na") != 0) meter.features.na = raw.na;
  if (app.count("--labels") != 0) {
    meter.features.labeller =
        read_labels(raw.labels, raw.label_zone, raw.label_time, raw.label_default, files.labels.emplace());
    files.label_time = raw.label_time;
    files.label_zone = raw.label_zone;
    files.label_default = raw.label_default;
    return files;
  }
  for (const char* name : {"--label-time", "--label-tz", "--label-default"}) {
    if (app.count(name) != 0) throw UsageError(fmt::format("{} needs --labels (see --help)", name));
  }
  return files;
}

void add_row_options(CLI::App& app, RowFormat& rows, RawOptions& raw) {
  add_choice<OutputFormat>(
      app, "--format", rows.format, "csv, tsv (separated by tabs) or jsonl (a JSON object on each line)",
      {{"csv", OutputFormat::csv}, {"tsv", OutputFormat::tsv}, {"jsonl", OutputFormat::jsonl}}, "Output");
  app.add_option("--delimiter", raw.delimiter, "Character between the cells of CSV (\\t for a tab)")
      ->type_name("CHAR")
      ->default_str(",")
      ->group("Output");
  app.add_flag("--safe-cells", rows.safe_cells,
               "Put ' before text that a spreadsheet would read as a formula (= + - @)")
      ->group("Output");
  app.add_flag_callback(
         "--no-header", [&rows] { rows.header = false; }, "Omit the header line")
      ->group("Output");
}

void read_row_format(const CLI::App& app, const RawOptions& raw, RowFormat& rows) {
  if (rows.format == OutputFormat::tsv) rows.delimiter = '\t';
  if (app.count("--delimiter") == 0) return;
  if (rows.format != OutputFormat::csv) {
    throw UsageError(fmt::format("--delimiter cannot be combined with --format {}", name_of(rows.format)));
  }
  rows.delimiter = parse_delimiter(raw.delimiter);
}

void add_message_options(CLI::App& app, RawOptions& raw) {
  app.add_flag("-q,--quiet", raw.quiet, "Print errors only")->group("Messages");
  app.add_flag("-v,--verbose", raw.verbose, "Print more messages")->group("Messages");
}

Reporter::Level level_of(const RawOptions& raw) {
  if (raw.verbose) return Reporter::Level::verbose;
  return raw.quiet ? Reporter::Level::quiet : Reporter::Level::normal;
}

std::string parse_words(CLI::App& app, int argc, const char* const* argv) {
  refuse_empty_values(argc, argv);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return app.help();
  } catch (const CLI::ExtrasError&) {
    throw UsageError(explain_unknown(app, app.remaining().front()));
  } catch (const CLI::ParseError& error) {
    throw UsageError(fmt::format("{} (see --help)", error.what()));
  }
  return {};
}

}  // namespace flowmeter
