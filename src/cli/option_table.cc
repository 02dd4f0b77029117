#include "cli/option_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "cli/option_rows.h"

namespace flowmeter {
namespace option_rows {
namespace {

using enum Recorded;

constexpr std::uint64_t most_rows = std::uint64_t{1} << 40;

void write_rotation(JsonDocument& json, const Options& options) {
  const auto& every = options.rotation.every;
  if (every) json.number("rotate_every", static_cast<std::uint64_t>(every->count()));
}

void write_segment(JsonDocument& json, const Options& options) {
  if (options.segment)
    json.text("segment", fmt::format("{}/{}", options.segment->first, options.segment->total));
}

Rows arguments() {
  OptionRow help{"-h,--help", "", "Print this help", "Messages", both_commands};
  help.alone = true;
  help.bind = [](CLI::App& app, const OptionRow& row, Given&) {
    return app.set_help_flag(row.names, row.help);
  };
  OptionRow rest{"--", "", "What follows are arguments for tshark"};  // which the parser does not see
  Rows rows = {
      value_row("INPUT", "", "Captures or tshark output; - is standard input, told apart by content",
                &Options::inputs),
      value_row("PART", "", "Parts; - is standard input", &Options::inputs).in(merge_command),
  };
  rows.push_back(std::move(help));
  rows.push_back(std::move(rest).meta(
      27, member("tshark_arguments", always, &Options::tshark, &TsharkOptions::extra_arguments)));
  rows.push_back(value_row("--read-size", "BYTES", "Most bytes for a read", &Options::read_bytes));
  rows.push_back(flag_row("--describe-options", "Print what is known of all options, as JSON",
                          &Options::describe_options));
  return rows;
}

Rows messages() {
  return {
      switch_row("--progress", "Show progress on stderr (default on a terminal that has no rows)", true,
                 &RawOptions::progress),
      switch_row("--no-progress", "Show no progress", false, &RawOptions::progress),
      flag_row("-q,--quiet", "Print errors only", &RawOptions::quiet).in(both_commands),
      flag_row("-v,--verbose", "Print more messages", &RawOptions::verbose).in(both_commands),
      flag_row("--version", "Print the versions of flowmeter and tshark", &Options::version).ends(),
  };
}

}  // namespace

Rows output() {
  return {
      value_row("-o,--output", "PATH",
                "File to write, or directory for one NAME_flow.csv (.tsv, .jsonl) per capture; - is standard "
                "output",
                &Options::output)
          .completes(Completion::file)
          .meta(49, "output", or_null),
      value_row("-o,--output", "FILE", "File to write (default: standard output)", &Options::output)
          .in(merge_command)
          .completes(Completion::file),
      flag_row("--partial", "Write another part, of all of them", &Options::partial).in(merge_command),
      value_row("--rotate-every", "SECONDS",
                "Begin a new file at each multiple of this time; -o takes the conversions of strftime",
                &RawOptions::rotate_every)
          .between(1, 366 * 86'400)
          .meta(50, &write_rotation),
      value_row("--rotate-rows", "N", "Begin a new file after this number of rows", &Options::rotation,
                &Rotation::rows)
          .between(1, most_rows)
          .meta(51, "rotate_rows", if_set),
      choice_row("--format", "csv, tsv (separated by tabs) or jsonl (a JSON object on each line)", 3,
                 &Options::rows, &RowFormat::format)
          .in(both_commands)
          .meta(45, "format"),
      value_row("--delimiter", "CHAR", "Character between the cells of CSV (\\t for a tab)",
                &RawOptions::delimiter)
          .in(both_commands)
          .shows(",")
          .meta(46, member("delimiter", always, &Options::rows, &RowFormat::delimiter)),
      flag_row("--safe-cells", "Put ' before text that a spreadsheet would read as a formula (= + - @)",
               &Options::rows, &RowFormat::safe_cells)
          .in(both_commands)
          .meta(48, "safe_cells"),
      switch_row("--no-header", "Omit the header line", false, &Options::rows, &RowFormat::header)
          .in(both_commands)
          .meta(47, "header"),
      value_row("--meta", "FILE",
                "JSON file that records versions, options, inputs and counts, to repeat the run; - with -o",
                &Options::meta)
          .completes(Completion::file),
  };
}

Rows parts() {
  return {
      flag_row("--partial",
               "Write a part for flowmeter merge instead of rows: flows can continue in the next capture",
               &Options::partial)
          .meta(42, "partial"),
      value_row("--segment", "N/TOTAL",
                "Number of the part and of all parts, so that merge notices missing ones",
                &RawOptions::segment)
          .only_with("--partial")
          .meta(43, &write_segment),
      value_row("--after", "CAPTURE",
                "The previous capture, whose fragments can belong to datagrams of this one", &Options::after)
          .only_with("--partial")
          .completes(Completion::file)
          .meta(44, "after", if_set),
  };
}

}  // namespace option_rows

const std::vector<OptionRow>& option_table() {
  static const std::vector<OptionRow> table = [] {
    using namespace option_rows;
    Rows all;
    const auto add = [&all](const char* heading, Rows rows) {
      for (OptionRow& row : rows) {
        if (row.group.empty()) row.group = heading;
        all.push_back(std::move(row));
      }
    };
    add("", arguments());
    add("Messages", messages());
    add("Input", input());
    add("Live", live());
    add("Flows", flows());
    add("Columns", columns());
    add("Columns", cells());
    add("Output", output());
    add("Parts", parts());
    return all;
  }();
  return table;
}

}  // namespace flowmeter
