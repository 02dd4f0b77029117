#include "cli/output.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>

#include "observer/progress.h"
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

class Counts final : public FlowCounters {
 public:
  std::uint64_t open_flows() const noexcept override { return 1234; }
  std::uint64_t ended_flows() const noexcept override { return 5; }
};

TEST(ProgressTest, PaintsOneLineAndRemovesIt) {
  const Counts counts;
  Reporter reporter(Reporter::Level::normal);
  testing::internal::CaptureStderr();
  {
    Progress progress(
        "x.pcap", counts, reporter, [] { return std::optional(0.25); }, true);
    for (int i = 0; i < 2'345; ++i) progress.on_frame({});
    progress.paint();
    reporter.error("e");
    progress.on_end(EndOfInput::complete);
    reporter.error("f");
  }
  const std::string text = testing::internal::GetCapturedStderr();
  const std::string erase = "\r\x1b[K";
  EXPECT_EQ(text.substr(0, erase.size()), erase);
  EXPECT_NE(text.find("x.pcap: 2,345 packets, "), std::string::npos) << text;
  EXPECT_NE(text.find(erase + "flowmeter: e\n"), std::string::npos) << "over the line: " << text;
  const std::string end = erase + "flowmeter: f\n";
  EXPECT_EQ(text.substr(text.size() - end.size()), end) << text;
}

TEST(ProgressTest, ShowsNothingUnlessPainted) {
  const Counts counts;
  Reporter reporter(Reporter::Level::normal);
  testing::internal::CaptureStderr();
  {
    Progress progress("x.pcap", counts, reporter, [] { return std::nullopt; });
    progress.on_frame({});
    progress.on_end(EndOfInput::complete);
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(ProgressTest, WritesWholeLinesWithoutATerminal) {
  const Counts counts;
  Reporter reporter(Reporter::Level::normal);
  testing::internal::CaptureStderr();
  {
    Progress progress("x.pcap", counts, reporter, nullptr, false);
    progress.paint();
    progress.on_end(EndOfInput::complete);
  }
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_EQ(text.find("x.pcap: 0 packets, "), 0U) << text;
  EXPECT_EQ(text.find('\n'), text.size() - 1) << text;
  EXPECT_EQ(text.find_first_of("\r\x1b"), std::string::npos) << text;
}

TEST(ProgressTest, CountsFlowsAndFitsTheTerminal) {
  const Counts counts;
  Reporter reporter(Reporter::Level::normal);
  testing::internal::CaptureStderr();
  Progress progress("x\ny", counts, reporter, nullptr, true);
  progress.paint();
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_EQ(text.find('\n'), std::string::npos);
  EXPECT_NE(text.find("x\\ny: 0 packets"), std::string::npos) << text;
  EXPECT_NE(text.find("1,234 open, 5 written"), std::string::npos) << text;
}

}  // namespace
}  // namespace flowmeter
