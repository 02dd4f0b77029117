#include "sink/format.h"

#include "sink/csv_writer.h"
#include "sink/json_writer.h"
#include "sink/text_sink.h"

namespace flowmeter {

namespace {

/// Text as it is, with its own line ends.
class LineWriter final : public RowWriter {
 public:
  explicit LineWriter(ByteSink& sink) : sink_(sink) {}
  void header(const std::vector<std::string>& /*names*/) override {}
  void integer(std::int64_t value) override { sink_.write(std::to_string(value)); }
  void natural(std::uint64_t value) override { sink_.write(std::to_string(value)); }
  void real(double value) override { sink_.write(std::to_string(value)); }
  void text(std::string_view value) override { sink_.write(value); }
  void end_row() override {}

 private:
  ByteSink& sink_;
};

}  // namespace

std::unique_ptr<RowWriter> make_writer(ByteSink& sink, const RowFormat& format,
                                       const std::vector<std::string>& names) {
  if (format.format == OutputFormat::jsonl) return std::make_unique<JsonWriter>(sink, names);
  if (format.format == OutputFormat::part) return std::make_unique<LineWriter>(sink);
  return std::make_unique<CsvWriter>(sink, format.delimiter, false, format.safe_cells);
}

std::string header_line(const RowFormat& format, const std::vector<std::string>& names) {
  if (format.format == OutputFormat::jsonl || format.format == OutputFormat::part) return {};
  TextSink sink;
  CsvWriter(sink, format.delimiter, format.header, format.safe_cells).header(names);
  return sink.text;
}

}  // namespace flowmeter
