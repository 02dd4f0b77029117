#include "cli/command_line.h"

#include <fmt/format.h>

#include "base/anonymizer.h"
#include "base/error.h"
#include "cli/key_file.h"
#include "cli/option_hints.h"
#include "cli/option_values.h"

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

}  // namespace

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

void read_row_format(const CLI::App& app, const RawOptions& raw, RowFormat& rows) {
  if (rows.format == OutputFormat::tsv) rows.delimiter = '\t';
  if (app.count("--delimiter") == 0) return;
  if (rows.format != OutputFormat::csv) {
    throw UsageError(fmt::format("--delimiter cannot be combined with --format {}", word_for(rows.format)));
  }
  rows.delimiter = parse_delimiter(raw.delimiter);
}

Reporter::Level level_of(const RawOptions& raw) {
  if (raw.verbose) return Reporter::Level::verbose;
  return raw.quiet ? Reporter::Level::quiet : Reporter::Level::normal;
}

}  // namespace flowmeter
