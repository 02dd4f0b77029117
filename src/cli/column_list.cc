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

void write_objects(ByteSink& sink, const std::vector<DescribedColumn>& columns) {
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

void write_table(ByteSink& sink, const RowFormat& format, const std::vector<DescribedColumn>& columns) {
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
  const bool chosen = options.schema_given || !meter.columns.empty() || meter.drop_ids;
  const std::vector<DescribedColumn> columns = described_columns(meter, !chosen);
  const auto sink = open_sink(options.output, FileKeeper{reporter}, Unfinished::removed);
  if (options.rows.format == OutputFormat::jsonl) {
    write_objects(*sink, columns);
  } else {
    write_table(*sink, options.rows, columns);
  }
  sink->finish();
}

}  // namespace flowmeter
