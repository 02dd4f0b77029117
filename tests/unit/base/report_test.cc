#include "base/report.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "base/error.h"

namespace flowmeter {
namespace {

TEST(Printable, LeavesTextAlone) {
  EXPECT_EQ(printable("x.pcap: cut short"), "x.pcap: cut short");
  EXPECT_EQ(printable("Gr\xc3\xbc\xc3\x9f"
                      "e \xe2\x9c\x93"),
            "Gr\xc3\xbc\xc3\x9f"
            "e \xe2\x9c\x93");
  EXPECT_EQ(printable(""), "");
}

TEST(Printable, ShowsControlCharacters) {
  EXPECT_EQ(printable("a\nb\tc"), "a\\nb\\tc");
  EXPECT_EQ(printable("\x1b[2J\r\x7f"), "\\x1b[2J\\x0d\\x7f");
  EXPECT_EQ(printable("\xc2\x9b"
                      "2J\xc2\x85"),
            "\\u009b2J\\u0085");
  EXPECT_EQ(printable("\xc2\xa0\xc2"), "\xc2\xa0\xc2");
  EXPECT_EQ(printable(std::string_view("\0x", 2)), "\\x00x");
}

struct Printed {
  std::string error, warning, note;
};

Printed printed_at(Reporter::Level level) {
  Reporter reporter(level);
  const auto said = [](auto say) {
    testing::internal::CaptureStderr();
    say();
    return testing::internal::GetCapturedStderr();
  };
  return {said([&] { reporter.error("e"); }), said([&] { reporter.warning("w"); }),
          said([&] { reporter.note("n"); })};
}

TEST(Reporter, SaysWhatTheLevelAllows) {
  const Printed quiet = printed_at(Reporter::Level::quiet);
  EXPECT_EQ(quiet.error, "flowmeter: e\n");
  EXPECT_EQ(quiet.warning, "");
  EXPECT_EQ(quiet.note, "");
  const Printed normal = printed_at(Reporter::Level::normal);
  EXPECT_EQ(normal.error, "flowmeter: e\n");
  EXPECT_EQ(normal.warning, "flowmeter: w\n");
  EXPECT_EQ(normal.note, "");
  const Printed verbose = printed_at(Reporter::Level::verbose);
  EXPECT_EQ(verbose.error, "flowmeter: e\n");
  EXPECT_EQ(verbose.warning, "flowmeter: w\n");
  EXPECT_EQ(verbose.note, "flowmeter: n\n");
}

TEST(Reporter, KeepsAMessageOnOneLine) {
  Reporter reporter(Reporter::Level::normal);
  testing::internal::CaptureStderr();
  reporter.error("a\nb\x1b[31m");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "flowmeter: a\\nb\\x1b[31m\n");
}

TEST(Reporter, ErasesTheProgressLineBeforeItSpeaks) {
  Reporter reporter(Reporter::Level::normal);
  reporter.set_eraser("\r\x1b[K");
  testing::internal::CaptureStderr();
  reporter.error("e");
  reporter.set_eraser("");
  reporter.error("f");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "\r\x1b[Kflowmeter: e\nflowmeter: f\n");
}

TEST(InputError, TellsARefusalFromDamage) {
  EXPECT_FALSE(InputError("cut short").nothing_done());
  EXPECT_TRUE(InputError("is XML", true).nothing_done());
}

}  // namespace
}  // namespace flowmeter
