#include "cli/output.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "support.h"

namespace flowmeter {
namespace {

using test::MemorySink;

TEST(OutputTest, HasOneHeaderForAllInputs) {
  MemorySink sink;
  Output output(sink, "a,b\n");
  GatedSink one(output, [] {}), two(output, [] {});
  one.write("1,2\n");
  one.finish();
  two.write("3,4\n");
  two.finish();
  output.finish();
  EXPECT_EQ(sink.text, "a,b\n1,2\n3,4\n");
  EXPECT_EQ(sink.finishes, 1) << "the inputs do not finish it";
}

TEST(OutputTest, HasItsHeaderAlsoWhenNoFlowFollows) {
  MemorySink sink;
  Output output(sink, "a,b\n");
  GatedSink(output, [] {}).finish();
  EXPECT_EQ(sink.text, "a,b\n");
}

TEST(OutputTest, IsEmptyWhenNothingWasRead) {
  MemorySink sink;
  Output output(sink, "a,b\n");
  output.finish();
  EXPECT_EQ(sink.text, "");
}

TEST(OutputTest, MayHaveNoHeader) {
  MemorySink sink;
  Output output(sink, "");
  GatedSink(output, [] {}).write("1\n");
  EXPECT_EQ(sink.text, "1\n");
}

TEST(GatedSinkTest, AsksOnceBeforeTheFirstRow) {
  MemorySink sink;
  Output output(sink, "h\n");
  int asked = 0;
  GatedSink gated(output, [&] {
    EXPECT_EQ(sink.text, "");
    ++asked;
  });
  gated.flush();
  EXPECT_EQ(asked, 0);
  gated.write("1\n");
  gated.write("2\n");
  gated.finish();
  EXPECT_EQ(asked, 1);
}

TEST(GatedSinkTest, AsksForAnInputWithoutRowsToo) {
  MemorySink sink;
  Output output(sink, "h\n");
  int asked = 0;
  GatedSink gated(output, [&] { ++asked; });
  gated.finish();
  EXPECT_EQ(asked, 1);
}

TEST(GatedSinkTest, WritesNothingWhenItIsRefused) {
  MemorySink sink;
  Output output(sink, "h\n");
  GatedSink gated(output, [] { throw std::runtime_error("no"); });
  EXPECT_THROW(gated.write("1\n"), std::runtime_error);
  EXPECT_EQ(sink.text, "");
}

TEST(OutputTest, SaysBeforeAnythingIsHandedOn) {
  MemorySink sink;
  std::string seen = "-";
  Output output(sink, "h\n", [&] { seen += sink.text + '-'; });
  output.write("1\n");
  output.flush();
  output.finish();
  EXPECT_EQ(seen, "--h\n-h\n1\n-h\n1\n-");
}

TEST(OutputTest, BeginsWithNothing) {
  MemorySink sink;
  Output output(sink, "h\n");
  output.write("");
  EXPECT_EQ(sink.text, "h\n");
}

}  // namespace
}  // namespace flowmeter
