#include "sink/json_writer.h"

#include <cmath>
#include <limits>

#include "sink/format.h"
#include "support.h"

namespace flowmeter::test {
namespace {

struct JsonWriterTest : ::testing::Test {
  MemorySink sink;
};

TEST_F(JsonWriterTest, WritesAnObjectForEachRow) {
  JsonWriter json(sink, {"a", "b", "c"});
  for (const std::int64_t value : {-1, 7}) {
    json.integer(value);
    json.real(0.5);
    json.text("x,\"y\"");
    json.end_row();
  }
  EXPECT_EQ(sink.text,
            "{\"a\":-1,\"b\":0.5,\"c\":\"x,\\\"y\\\"\"}\n{\"a\":7,\"b\":0.5,\"c\":\"x,\\\"y\\\"\"}\n");
}

TEST_F(JsonWriterTest, NumbersAreThoseOfCsv) {
  JsonWriter json(sink, {"a", "b", "c", "d", "e", "f"});
  json.natural(std::numeric_limits<std::uint64_t>::max());
  json.integer(std::numeric_limits<std::int64_t>::min());
  json.real(0.1);
  json.real(1e-9);
  json.real(5);
  json.real(1e300);
  json.end_row();
  EXPECT_EQ(
      sink.text,
      "{\"a\":18446744073709551615,\"b\":-9223372036854775808,\"c\":0.1,\"d\":1e-09,\"e\":5,\"f\":1e+300}\n");
}

TEST_F(JsonWriterTest, TextIsValidWhateverItWas) {
  JsonWriter json(sink, {"a", "b", "c"});
  json.text(
      "gr\xC3\xBC\xC3\x9F"
      "e\n");
  json.text("\xFF");
  json.text(std::string_view("\0\x01", 2));
  json.end_row();
  EXPECT_EQ(sink.text,
            "{\"a\":\"gr\xC3\xBC\xC3\x9F"
            "e\\n\",\"b\":\"\xEF\xBF\xBD\",\"c\":\"\\u0000\\u0001\"}\n");
}

TEST_F(JsonWriterTest, NullIsAWordForNothing) {
  JsonWriter json(sink, {"a", "b", "c"});
  json.none("null");
  json.none("NA");
  json.real(std::nan(""));
  json.end_row();
  EXPECT_EQ(sink.text, "{\"a\":null,\"b\":\"NA\",\"c\":null}\n");
}

TEST_F(JsonWriterTest, EveryFormatHasAWriterAndAHeader) {
  const auto written = [](const RowFormat& format) {
    MemorySink to;
    const auto writer = make_writer(to, format, {"a", "b"});
    writer->text("x y");
    writer->none("null");
    writer->end_row();
    return header_line(format, {"a", "b"}) + to.text;
  };
  EXPECT_EQ(written({}), "a,b\nx y,null\n");
  EXPECT_EQ(written({OutputFormat::csv, ';', false}), "x y;null\n");
  EXPECT_EQ(written({OutputFormat::tsv, '\t', true}), "a\tb\nx y\tnull\n");
  EXPECT_EQ(written({OutputFormat::jsonl}), "{\"a\":\"x y\",\"b\":null}\n");
}

}  // namespace
}  // namespace flowmeter::test
