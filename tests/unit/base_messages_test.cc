#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "base/error.h"
#include "base/interrupt.h"
#include "base/report.h"
#include "base/suggest.h"

namespace flowmeter {
namespace {

const std::vector<std::string> names = {"duration", "protocol", "src_port", "dst_port", "fwd_tot_pkt"};

TEST(Suggest, NamesTheClosest) {
  EXPECT_EQ(did_you_mean("durtion", names), ", did you mean \"duration\"?");
  EXPECT_EQ(did_you_mean("src_prot", names), ", did you mean \"src_port\"?");
  EXPECT_EQ(did_you_mean("fwd_tot_pkts", names), ", did you mean \"fwd_tot_pkt\"?");
}

TEST(Suggest, GivesTheClosestItself) {
  EXPECT_EQ(closest("durtion", names), "duration");
  EXPECT_EQ(closest("packet_color", names), std::nullopt);
}

TEST(Suggest, IsSilentAboutOtherWords) {
  EXPECT_EQ(did_you_mean("packet_color", names), "");
  EXPECT_EQ(did_you_mean("", names), "");
  EXPECT_EQ(did_you_mean("duration", {}), "");
}

TEST(Suggest, TakesTheFirstOfThoseThatAreEquallyClose) {
  EXPECT_EQ(did_you_mean("sst_port", names), ", did you mean \"dst_port\"?");
  EXPECT_EQ(did_you_mean("xst_port", {"ast_port", "bst_port"}), ", did you mean \"ast_port\"?");
}

TEST(Suggest, APerfectMatchWinsOverAClosePredecessor) {
  EXPECT_EQ(did_you_mean("dst_port", {"dst_portx", "dst_port"}), ", did you mean \"dst_port\"?");
}

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

bool readable(int fd) {
  pollfd wait{fd, POLLIN, 0};
  return poll(&wait, 1, 0) == 1;
}

// Signals are the process's: each of these runs in a child of its own.
TEST(Interrupt, NotesTheFirstSignal) {
  EXPECT_EXIT(
      {
        const Interrupt interrupt;
        if (Interrupt::signal() != 0 || readable(Interrupt::descriptor())) _exit(1);
        raise(SIGTERM);
        raise(SIGINT);
        _exit(Interrupt::signal() == SIGTERM && readable(Interrupt::descriptor()) ? 0 : 2);
      },
      testing::ExitedWithCode(0), "");
}

TEST(Interrupt, LetsWritesToAClosedPipeFail) {
  EXPECT_EXIT(
      {
        const Interrupt interrupt;
        raise(SIGPIPE);
        _exit(0);
      },
      testing::ExitedWithCode(0), "");
}

TEST(Interrupt, GivesTheSignalsBack) {
  EXPECT_EXIT(
      {
        { const Interrupt interrupt; }
        raise(SIGTERM);
        _exit(0);
      },
      testing::KilledBySignal(SIGTERM), "");
}

TEST(Interrupt, HasNoDescriptorOnItsOwn) {
  EXPECT_EQ(Interrupt::descriptor(), -1);
  EXPECT_EQ(Interrupt::signal(), 0);
}

}  // namespace
}  // namespace flowmeter
