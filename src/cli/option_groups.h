#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <utility>
#include <vector>

#include "base/report.h"
#include "cli/given_file.h"
#include "schema/labeller.h"
#include "schema/meter.h"
#include "sink/format.h"

namespace flowmeter {

// Options that the program and its subcommand `merge` share. What is handed over by reference outlives the
// parsing.

/// Values that are read when all is parsed.
struct RawOptions {
  std::string timeout = "600", active_timeout, transports = "tcp,udp", delimiter, na, key_file, labels,
              label_zone = "UTC", label_default = "-", duration, end_on, segment;
  LabelTime label_time = LabelTime::overlap;
  int progress = -1;
  std::int64_t rotate_every = 0;
  bool quiet = false, verbose = false;
};

/// An option whose value is one of a few words; the first one is what it is without the option.
template <class Value>
void add_choice(CLI::App& app, const std::string& name, Value& value, const std::string& help,
                const std::vector<std::pair<std::string, Value>>& words, const char* group) {
  std::vector<std::string> names;
  for (const auto& [word, meaning] : words) names.push_back(word);
  const auto set = [&value, words](const std::string& given) {
    for (const auto& [word, meaning] : words) {
      if (word == given) value = meaning;
    }
  };
  app.add_option_function<std::string>(name, set, help)
      ->type_name("NAME")
      ->check(CLI::IsMember(names).description(""))
      ->default_str(names.front())
      ->group(group);
}

/// --schema and --columns: which columns.
void add_selection_options(CLI::App& app, MeterOptions& meter);

/// What decides which states flows have.
void add_recorded_options(CLI::App& app, MeterOptions& meter);

/// What decides how columns print them.
void add_printed_options(CLI::App& app, MeterOptions& meter, RawOptions& raw);
/// Throws UsageError for values that are none, and files that cannot be read.
GivenFiles read_printed_options(const CLI::App& app, const RawOptions& raw, MeterOptions& meter);

/// The form of the rows.
void add_row_options(CLI::App& app, RowFormat& rows, RawOptions& raw);
/// Throws UsageError.
void read_row_format(const CLI::App& app, const RawOptions& raw, RowFormat& rows);

void add_message_options(CLI::App& app, RawOptions& raw);
[[nodiscard]] Reporter::Level level_of(const RawOptions& raw);

/// Reads the words into what the app's options are bound to; returns the help text if that was asked for.
/// Throws UsageError for what they do not take.
[[nodiscard]] std::string parse_words(CLI::App& app, int argc, const char* const* argv);

}  // namespace flowmeter
