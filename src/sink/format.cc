#include "sink/format.h"

#include "sink/csv_writer.h"
#include "sink/json_writer.h"
#include "sink/text_sink.h"

namespace flowmeter {

const char* name_of(OutputFormat format) noexcept {
  switch (format) {
    case OutputFormat::csv:
      return "csv";
    case OutputFormat::tsv:
      return "tsv";
    case OutputFormat::jsonl:
      return "jsonl";
  }
  return "";
}

std::unique_ptr<RowWriter> make_writer(ByteSink& sink, const RowFormat& format,
                                       const std::vector<std::string>& names) {
  if (format.format == OutputFormat::jsonl) return std::make_unique<JsonWriter>(sink, names);
  return std::make_unique<CsvWriter>(sink, format.delimiter, false, format.safe_cells);
}

std::string header_line(const RowFormat& format, const std::vector<std::string>& names) {
  if (format.format == OutputFormat::jsonl) return {};
  TextSink sink;
  CsvWriter(sink, format.delimiter, format.header, format.safe_cells).header(names);
  return sink.text;
}

}  // namespace flowmeter
