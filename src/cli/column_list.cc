#include "cli/column_list.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <memory>
#include <string>
#include <vector>

#include "schema/meter.h"
#include "sink/file_sink.h"

namespace flowmeter {
namespace {

struct Listed {
  std::string name;
  const Column& column;
};

std::vector<NamedColumn> all_columns(const ColumnRegistry& registry) {
  std::vector<NamedColumn> all;
  for (const Column& column : registry.columns()) all.push_back({column.name, &column});
  return all;
}

/// PyFlowMeter's have the names and the meaning of the default ones, and are made of other fields.
std::vector<Column> pyflowmeter_columns(const MeterOptions& meter) {
  const auto plan = make_plan(meter);
  const ColumnRegistry registry(meter.features);
  std::vector<Column> columns;
  for (const std::string& name : plan->header()) {
    Column& column = columns.emplace_back(*registry.find(name));
    column.group = meter.schema;
    column.description += ", as PyFlowMeter computes it (see doc/differences.md)";
    column.fields = plan->fields().names();
  }
  return columns;
}

void write_objects(ByteSink& sink, const std::vector<Listed>& columns) {
  for (const auto& [name, column] : columns) {
    rapidjson::StringBuffer text;
    rapidjson::Writer<rapidjson::StringBuffer> json(text);
    const auto member = [&json](const char* key, const std::string& value) {
      json.Key(key);
      json.String(value.c_str());
    };
    json.StartObject();
    member("name", name);
    member("group", column.group);
    member("unit", column.unit);
    member("description", column.description);
    json.Key("fields");
    json.StartArray();
    for (const std::string& field : column.fields) json.String(field.c_str());
    json.EndArray();
    json.Key("identifies");
    json.Bool(column.identifies);
    json.EndObject();
    text.Put('\n');
    sink.write({text.GetString(), text.GetSize()});
  }
}

void write_table(ByteSink& sink, const RowFormat& format, const std::vector<Listed>& columns) {
  const std::vector<std::string> header = {"column",  "group",         "unit",
                                           "meaning", "tshark_fields", "identifies"};
  sink.write(header_line(format, header));
  const auto writer = make_writer(sink, format, header);
  for (const auto& [name, column] : columns) {
    const std::vector<std::string> cells = {name,
                                            column.group,
                                            column.unit,
                                            column.description,
                                            fmt::format("{}", fmt::join(column.fields, ",")),
                                            column.identifies ? "yes" : "no"};
    if (format.format ==
        OutputFormat::tsv) {  // for cut(1) and eyes: without quotes, since there is no tab in any
      sink.write(fmt::format("{}\n", fmt::join(cells, "\t")));
      continue;
    }
    for (const std::string& cell : cells) writer->text(cell);
    writer->end_row();
  }
}

}  // namespace

void list_columns(const Options& options, Reporter& reporter) {
  const MeterOptions& meter = options.meter;
  const ColumnRegistry registry(meter.features);
  std::vector<Column> own;  // that the registry does not have
  std::vector<Listed> columns;
  if (meter.schema == "pyflowmeter") {
    own = pyflowmeter_columns(meter);
    for (const Column& column : own) columns.push_back({column.name, column});
  } else {
    const bool chosen = options.schema_given || !meter.columns.empty() || meter.drop_ids;
    for (const NamedColumn& named : chosen ? chosen_columns(meter, registry) : all_columns(registry)) {
      columns.push_back({named.name, *named.column});
    }
  }
  const auto sink = open_sink(options.output, FileKeeper{reporter}, Unfinished::removed);
  if (options.rows.format == OutputFormat::jsonl) {
    write_objects(*sink, columns);
  } else {
    write_table(*sink, options.rows, columns);
  }
  sink->finish();
}

}  // namespace flowmeter
