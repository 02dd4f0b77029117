#include <algorithm>

#include "cli/option_table.h"

namespace flowmeter {
namespace {

/// Those of the command, which have a parser, in the order of the table.
std::vector<const OptionRow*> rows_of(Commands command) {
  std::vector<const OptionRow*> rows;
  for (const OptionRow& row : option_table()) {
    if ((row.commands & command) != 0 && row.bind) rows.push_back(&row);
  }
  return rows;
}

bool is_positional(const OptionRow& row) { return !row.names.starts_with('-'); }

}  // namespace

void add_options(CLI::App& app, Commands command, std::initializer_list<const char*> headings, Given& given) {
  const std::vector<const OptionRow*> rows = rows_of(command);
  const auto add = [&](const OptionRow& row) {
    CLI::Option* const option = row.bind(app, row, given);
    if (!is_positional(row)) option->group(row.group);
    if (row.repeats) option->allow_extra_args(false);
    if (row.limit) row.limit(*option);
    if (!row.needs.empty()) option->needs(app.get_option(row.needs));
  };
  for (const OptionRow* row : rows) {
    if (row->group.empty()) add(*row);
  }
  for (const char* const heading : headings) {
    for (const OptionRow* row : rows) {
      if (row->group == heading) add(*row);
    }
  }
}

void record_options(JsonDocument& json, const Options& options) {
  std::vector<const OptionRow*> recorded;
  for (const OptionRow& row : option_table()) {
    if (row.record) recorded.push_back(&row);
  }
  std::stable_sort(recorded.begin(), recorded.end(),
                   [](const OptionRow* a, const OptionRow* b) { return a->place < b->place; });
  for (const OptionRow* row : recorded) row->record(json, options);
}

std::string options_as_json() {
  JsonDocument json;
  json.object([&] {
    json.objects("options", option_table(), [&](const OptionRow& row) {
      json.text("names", row.names);
      json.text("value", row.value);
      json.text("help", row.help);
      json.text("group", row.group);
      json.flag("flowmeter", (row.commands & flowmeter_command) != 0);
      json.flag("merge", (row.commands & merge_command) != 0);
      json.text("completion", word_for(row.completion));
      json.list("words", row.words);
      json.flag("repeats", row.repeats);
      json.flag("alone", row.alone);
    });
  });
  return json.finished();
}

}  // namespace flowmeter
