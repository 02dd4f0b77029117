#include "source/tshark_process.h"

#include "event_loop.h"
#include "line_parser.h"

namespace flowmeter::test {
namespace {

using Lines = std::vector<std::string>;

/// Processes that run a shell script in place of tshark.
class TsharkProcessTest : public EventLoopTest {
 protected:
  void launch(const std::string& script) { process.launch({"/bin/sh", {"-c", script}, {}}); }

  /// Runs until its output has ended, and reads the records.
  bool run_to_end() {
    if (!run_until([this] { return process.records().ended(); })) return false;
    Record record(0);
    while (process.records().next(record)) {
    }
    return true;
  }

  Lines lines;
  int outputs = 0, written = 0;
  const TsharkProcess::Events events{guard, [this] { ++outputs; }, [this] { ++written; }};
  TsharkProcess process{io, events, 3, 7, std::make_unique<LineParser>(lines)};
};

TEST_F(TsharkProcessTest, GetsItsInputAndGivesRecords) {
  process.input().add("one\ntwo\n");
  EXPECT_FALSE(process.launched());
  EXPECT_FALSE(process.running());
  launch("cat");
  EXPECT_TRUE(process.running());
  process.input().add("three\n");
  process.input().write();
  process.input().finish();
  ASSERT_TRUE(run_to_end());
  EXPECT_EQ(lines, (Lines{"one", "two", "three"}));
  EXPECT_GT(outputs, 0);
  EXPECT_FALSE(process.running());
  EXPECT_EQ(process.wait_for_end().status, 0);
  EXPECT_EQ(process.generation(), 3U);
  EXPECT_EQ(process.segment(), 7U);
}

TEST_F(TsharkProcessTest, TellsWhenInputThatHadToWaitWasWritten) {
  launch("read -r line && wc -c");
  process.input().add(std::string(std::size_t{1} << 20, 'x'));
  process.input().write();
  EXPECT_TRUE(process.input().is_blocked());
  process.input().add("\nend");
  process.input().finish();
  ASSERT_TRUE(run_to_end());
  EXPECT_GT(written, 0);
  EXPECT_EQ(process.input().waiting(), 0U);
}

TEST_F(TsharkProcessTest, APrematureExitTellsWhy) {
  launch("echo one; echo 'it is broken' >&2; exit 3");
  process.input().add(std::string(std::size_t{1} << 20, 'x'));
  process.input().write();
  ASSERT_TRUE(run_to_end());
  EXPECT_EQ(lines, Lines{"one"});
  EXPECT_EQ(process.wait_for_end().status, 3);
  EXPECT_EQ(process.errors(), "it is broken\n");
  EXPECT_TRUE(run_until([this] { return !process.input().is_open(); })) << "nobody reads it";
  EXPECT_EQ(process.input().waiting(), 0U);
}

TEST_F(TsharkProcessTest, ATornLastLineIsNoRecord) {
  launch("printf 'one\\ntw'");
  ASSERT_TRUE(run_to_end());
  EXPECT_EQ(lines, Lines{"one"});
}

TEST_F(TsharkProcessTest, NothingIsWaitedForAfterAKill) {
  launch("exec sleep 600");
  process.input().add(std::string(std::size_t{1} << 20, 'x'));
  process.input().write();
  process.kill();
  EXPECT_FALSE(process.running());
  EXPECT_TRUE(process.records().ended());
  EXPECT_EQ(process.wait_for_end().signal, SIGKILL);
  run_ready();
  EXPECT_EQ(outputs, 0);
  process.kill();  // once is enough
}

TEST_F(TsharkProcessTest, AProgramThatCannotBeStartedIsAnError) {
  EXPECT_THROW(process.launch({"/no/such/program", {}, {}}), std::system_error);
}

TEST_F(TsharkProcessTest, HasNoMessagesBeforeItIsLaunched) { EXPECT_EQ(process.errors(), ""); }

}  // namespace
}  // namespace flowmeter::test
